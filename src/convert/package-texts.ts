/**
 * The tables of contents of a package, and how long they will be: their lengths depend on the lengths of the
 * other files alone, so that the size of the whole package is known before its first byte.
 */
import type { AerieManifest } from '../formats/aerie-manifest';
import { jsonBytes } from '../formats/json';
import { MANIFEST_NAMES, mlcManifestJson } from '../formats/mlc-manifest';
import type { WrittenFile } from '../formats/package-sink';
import { manifestOf, type ShardLayout } from './shard-layout';

/** `tensor-cache.json`, given the shards. Every shard must carry its MD5. */
export function mlcManifestBytes(
  layout: ShardLayout,
  shards: readonly WrittenFile[],
): Uint8Array<ArrayBuffer> {
  const md5 = new Map(shards.map((file) => [file.name, file.md5!]));
  return jsonBytes(mlcManifestJson(manifestOf(layout, (name) => md5.get(name)!)));
}

/** `aerie.json`; lists all other files. */
export function aerieBytes(
  about: Omit<AerieManifest, 'files'>,
  files: readonly WrittenFile[],
): Uint8Array<ArrayBuffer> {
  const listed = files.map(({ name, sizeBytes, sha256 }) => ({ name, sizeBytes, sha256 }));
  return jsonBytes({ ...about, files: listed } satisfies AerieManifest);
}

/** Length of all files together. `texts`: the small files but for the two above. */
export function packageBytes(
  layout: ShardLayout,
  texts: ReadonlyMap<string, Uint8Array>,
  about: Omit<AerieManifest, 'files'>,
): number {
  const placeholder = { sha256: '0'.repeat(64), md5: '0'.repeat(32) };
  const shards = layout.shards.map(({ name, sizeBytes }) => ({ name, sizeBytes, ...placeholder }));
  const small = [...texts].map(([name, { length }]) => ({ name, sizeBytes: length, ...placeholder }));
  const table = {
    name: MANIFEST_NAMES[0],
    sizeBytes: mlcManifestBytes(layout, shards).length,
    ...placeholder,
  };
  const files = [...shards, ...small, table];
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, aerieBytes(about, files).length);
}
