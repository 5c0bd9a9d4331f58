/** Packages for the journeys, made from one that works: renamed, or damaged in one way. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { APIRequestContext } from '@playwright/test';

/** File name -> content. */
export type PackageBytes = Map<string, Uint8Array>;

export const SHARD = 'params_shard_0.bin';
const MANIFEST = 'aerie.json';

interface Manifest {
  readonly name: string;
  readonly files: readonly { readonly name: string; readonly sizeBytes: number; readonly sha256: string }[];
}

/** Every file of the package at an address that ends in a slash. */
export async function downloadPackage(request: APIRequestContext, address: string): Promise<PackageBytes> {
  const read = async (name: string) => (await request.get(address + name)).body();
  const manifest = await read(MANIFEST);
  const { files } = JSON.parse(manifest.toString()) as Manifest;
  const bytes: PackageBytes = new Map([[MANIFEST, manifest]]);
  for (const { name } of files) bytes.set(name, await read(name));
  return bytes;
}

interface Making {
  readonly name: string;
  readonly change?: (files: PackageBytes) => void;
  /** Lengths and hashes stay those of the unchanged files. */
  readonly isSecret?: boolean;
}

/** Writes a changed copy of a package into a new folder. */
export function makePackage(folder: string, original: PackageBytes, making: Making): void {
  const files: PackageBytes = new Map([...original].map(([name, bytes]) => [name, Uint8Array.from(bytes)]));
  const manifest = JSON.parse(Buffer.from(files.get(MANIFEST)!).toString()) as Manifest;
  making.change?.(files);
  const listed = manifest.files.map((entry) => {
    const bytes = files.get(entry.name);
    if (!bytes || making.isSecret) return entry;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { ...entry, sizeBytes: bytes.length, sha256 };
  });
  files.set(MANIFEST, Buffer.from(JSON.stringify({ ...manifest, name: making.name, files: listed })));
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
}
