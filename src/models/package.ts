/**
 * Opens a stored model over any `PackageFiles` (IndexedDB, a folder, HTTP): reads its config and manifest
 * and proves, before a byte of weights is read, that every tensor the architecture needs is there with the
 * right shape and type and that every shard has its full length. Used by the engine's weight loader, by
 * `verifyPackage` and by the command line. Hashes are not checked here (see verify-package.ts).
 */
import { AppError } from '../core/errors';
import { isRecord, readJson } from '../formats/json';
import {
  MANIFEST_NAMES,
  type MlcManifest,
  parseMlcManifest,
  type StoredTensor,
} from '../formats/mlc-manifest';
import type { PackageFiles } from '../formats/package-files';
import { readStoredTensor } from '../formats/read-tensor';
import { describeTensor, sameShape } from '../formats/shape';
import type { Architecture } from './architecture';
import { readMlcConfig } from './read-config';
import { requiredTensors } from './tensor-plan';

export const CHAT_CONFIG_NAME = 'mlc-chat-config.json';

export interface ModelPackage {
  readonly architecture: Architecture;
  /** `mlc-chat-config.json` as parsed. */
  readonly chatConfig: Readonly<Record<string, unknown>>;
  /** Every stored tensor by MLC name, unknown ones included. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly manifest: MlcManifest;
  /** The file that it was read from. */
  readonly manifestName: string;
  /** Tensors in the package that the architecture has no use for; worth a warning, never an error. */
  readonly unknownTensors: readonly string[];
  readonly files: PackageFiles;
  /**
   * Little-endian bytes of rows [rowStart, rowEnd) of a tensor in its dtype (uint32, float16, float32), all
   * rows by default; bfloat16 storage arrives as float32. Reads only those bytes. The result owns its buffer
   * from offset 0. Throws `tensor-missing`, `parameter-out-of-range`, `file-missing`, `file-truncated`.
   */
  readTensor(name: string, rowStart?: number, rowEnd?: number): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Throws AppError `file-missing`, `file-truncated`, `format-invalid`, `config-invalid`,
 * `architecture-unknown`, `quantization-unknown`, `tensor-missing` {tensor}, `tensor-mismatch`
 * {tensor, expected, actual}.
 */
export async function openPackage(files: PackageFiles): Promise<ModelPackage> {
  const sizes = new Map((await files.list()).map(({ name, sizeBytes }) => [name, sizeBytes]));
  const chatConfig = await readJson(files, CHAT_CONFIG_NAME);
  if (!isRecord(chatConfig)) {
    throw new AppError('config-invalid', { file: CHAT_CONFIG_NAME, reason: 'not an object' });
  }
  const architecture = readMlcConfig(chatConfig);
  const manifestName = MANIFEST_NAMES.find((name) => sizes.has(name)) ?? MANIFEST_NAMES[0];
  const manifest = parseMlcManifest(await readJson(files, manifestName), manifestName);
  const unknownTensors = checkTensors(architecture, manifest);
  checkShards(manifest, sizes);
  const { tensors } = manifest;
  return {
    architecture,
    chatConfig,
    tensors,
    manifest,
    manifestName,
    unknownTensors,
    files,
    async readTensor(name, rowStart, rowEnd) {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new AppError('tensor-missing', { tensor: name });
      return readStoredTensor(files, tensor, rowStart, rowEnd);
    },
  };
}

/** Names that the architecture does not use. Throws `tensor-missing`, `tensor-mismatch`. */
function checkTensors(architecture: Architecture, manifest: MlcManifest): string[] {
  const unknown = new Set(manifest.tensors.keys());
  for (const spec of requiredTensors(architecture)) {
    const found = manifest.tensors.get(spec.name);
    if (found === undefined) throw new AppError('tensor-missing', { tensor: spec.name });
    if (found.dtype !== spec.dtype || !sameShape(found.shape, spec.shape)) {
      throw new AppError('tensor-mismatch', {
        tensor: spec.name,
        expected: describeTensor(spec.shape, spec.dtype),
        actual: describeTensor(found.shape, found.dtype),
      });
    }
    unknown.delete(spec.name);
  }
  return [...unknown];
}

/** Throws `file-missing` {file} or `file-truncated` {file, expectedBytes, actualBytes}. */
function checkShards(manifest: MlcManifest, sizes: ReadonlyMap<string, number | undefined>): void {
  for (const shard of manifest.shards) {
    if (!sizes.has(shard.name)) throw new AppError('file-missing', { file: shard.name });
    const actualBytes = sizes.get(shard.name);
    if (actualBytes !== undefined && actualBytes !== shard.sizeBytes) {
      throw new AppError('file-truncated', {
        file: shard.name,
        expectedBytes: shard.sizeBytes,
        actualBytes,
      });
    }
  }
}
