/**
 * What the tests of malformed files share: a case, the files it is read through, and what must be true of
 * whatever comes out. Cases are made by test-hostile-*.ts.
 */
import { AppError } from '../core/errors';
import { openCheckpoint } from './checkpoint';
import { type CheckpointTensor, DTYPE_BYTES } from './checkpoint-types';
import { parseJson } from './json';
import { parseMlcManifest, storedBytes } from './mlc-manifest';
import type { PackageFiles } from './package-files';
import { elementCount } from './shape';
import type { Bytes, MemoryFolder } from './test-files';

export interface HostileCase {
  readonly name: string;
  /** Made when the test runs: some are large. */
  readonly make: () => MemoryFolder;
  /** `refused`: must end in an error. `harmless`: may open, if what it shows is sane. */
  readonly outcome: 'refused' | 'harmless';
}

/** Errors that malformed files may end in; anything else is a fault of the reader. */
export const REFUSALS: readonly string[] = [
  'format-invalid',
  'pickle-refused',
  'file-missing',
  'file-truncated',
  'tensor-missing',
];

/** Files that remember the most memory in use at a read, and that are never asked for what they do not have. */
export function watchedFiles(folder: MemoryFolder): PackageFiles & { readonly wrongReads: string[] } {
  const wrongReads: string[] = [];
  const need = (file: string): Bytes => {
    const bytes = folder.get(file);
    if (bytes === undefined) throw new AppError('file-missing', { file });
    return bytes;
  };
  return {
    wrongReads,
    list: async () => [...folder].map(([name, { length }]) => ({ name, sizeBytes: length })),
    read: async (name) => need(name).slice(),
    async readRange(name, start, end) {
      const { length } = need(name);
      if (!(Number.isSafeInteger(start) && start >= 0 && start <= end && end <= length)) {
        wrongReads.push(`${name}: [${start}, ${end}) of ${length} bytes`);
        throw new AppError('file-truncated', { file: name });
      }
      return need(name).slice(start, end);
    },
  };
}

/** Opens what the folder holds, checks it, and reads the first and the last row of every tensor. */
export async function openHostile(files: PackageFiles): Promise<void> {
  const sizes = new Map((await files.list()).map(({ name, sizeBytes }) => [name, sizeBytes!]));
  if (sizes.has('tensor-cache.json')) {
    const manifest = parseMlcManifest(parseJson(await files.read('tensor-cache.json'), 'm'), 'm');
    const shards = new Map(manifest.shards.map(({ name, sizeBytes }) => [name, sizeBytes]));
    for (const [name, tensor] of manifest.tensors) {
      const { shape, dtype, format, byteOffset, sizeBytes, shard } = tensor;
      if (storedBytes(shape, dtype, format) !== sizeBytes) throw new Error(`${name} has another length`);
      if (!(byteOffset >= 0 && byteOffset + sizeBytes <= shards.get(shard)!))
        throw new Error(`${name} is outside`);
    }
    return;
  }
  const source = await openCheckpoint(files);
  for (const [name, tensor] of source.tensors) {
    const { file, byteOffset, sizeBytes } = tensor as CheckpointTensor;
    const count = elementCount(tensor.shape);
    if (count === undefined || count * DTYPE_BYTES[tensor.dtype]! !== sizeBytes) {
      throw new Error(`${name} has another length`);
    }
    if (!(byteOffset >= 0 && byteOffset + sizeBytes <= sizes.get(file)!))
      throw new Error(`${name} is outside`);
    const rows = tensor.shape[0] ?? 1;
    if (rows === 0) continue;
    await source.readRows(name, 0, 1);
    await source.readRows(name, rows - 1, rows);
  }
}

/** A generator of numbers in [0, limit) that repeats for the same seed. */
export function seeded(seed: number): (limit: number) => number {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 2 ** 32) * limit);
  };
}
