/**
 * The table of contents of an MLC weight package: `tensor-cache.json`, called `ndarray-cache.json` until
 * MLC renamed it, same schema. It lists shard files and, per shard, where each tensor lies. Reading checks
 * every range, so that later code may slice without asking; writing is the exact inverse. The meaning of
 * tensor names and shapes is not known here (src/models/tensor-plan.ts knows).
 * Schema: web-runtime 0.28 `TensorCacheShardEntry` / `TensorCacheEntry`, mlc-llm `convert_weight`.
 */
import * as v from 'valibot';
import { AppError } from '../core/errors';
import { elementCount } from './shape';

/** Newest name first: a package that holds both is read by the first. */
export const MANIFEST_NAMES = ['tensor-cache.json', 'ndarray-cache.json'] as const;

/** On disk: `raw` as the dtype says; `f32-to-bf16` stores a float32 tensor as bfloat16, widened on load. */
export type StoredFormat = 'raw' | 'f32-to-bf16';

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** File that holds it. */
  readonly shard: string;
  readonly byteOffset: number;
  /** Length on disk. */
  readonly sizeBytes: number;
  readonly format: StoredFormat;
}

export interface Shard {
  readonly name: string;
  readonly sizeBytes: number;
  readonly md5: string | undefined;
}

export interface MlcManifest {
  readonly shards: readonly Shard[];
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  uint32: 4,
  int32: 4,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  uint16: 2,
  int16: 2,
  uint8: 1,
  int8: 1,
};

const Size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const RecordSchema = v.object({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(1000)),
  shape: v.pipe(v.array(Size), v.maxLength(8)),
  dtype: v.string(),
  format: v.picklist(['raw', 'f32-to-bf16']),
  nbytes: Size,
  byteOffset: Size,
});
const ShardSchema = v.object({
  dataPath: v.string(),
  format: v.literal('raw-shard'),
  nbytes: Size,
  md5sum: v.optional(v.string()),
  records: v.array(RecordSchema),
});
const ManifestSchema = v.object({ records: v.array(ShardSchema) });

/**
 * Checks a parsed manifest. Throws AppError `format-invalid` {file, reason}: schema, unsafe file name,
 * duplicate tensor, length that does not fit the shape, range outside the shard, overlapping ranges.
 */
export function parseMlcManifest(json: unknown, file: string): MlcManifest {
  const fail = (reason: string): never => {
    throw new AppError('format-invalid', { file, reason });
  };
  // The first fault is enough: a manifest may hold hundreds of thousands.
  const parsed = v.safeParse(ManifestSchema, json, { abortEarly: true });
  if (!parsed.success) {
    const issue = parsed.issues[0];
    return fail(`${v.getDotPath(issue) ?? 'top level'}: ${issue.message}`);
  }
  const shards = new Map<string, Shard>();
  const tensors = new Map<string, StoredTensor>();
  for (const shard of parsed.output.records) {
    const name = shard.dataPath;
    if (!isSafeFileName(name)) fail(`shard name ${JSON.stringify(name)} is not a plain relative path`);
    if (shards.has(name)) fail(`shard ${name} is listed twice`);
    shards.set(name, { name, sizeBytes: shard.nbytes, md5: shard.md5sum });
    let end = 0;
    for (const record of [...shard.records].sort((a, b) => a.byteOffset - b.byteOffset)) {
      if (tensors.has(record.name)) fail(`tensor ${record.name} is listed twice`);
      const stored = storedBytes(record.shape, record.dtype, record.format);
      if (stored === undefined)
        fail(`tensor ${record.name}: dtype ${record.dtype} or its shape is not usable`);
      if (stored !== record.nbytes) {
        fail(`tensor ${record.name}: its shape needs ${stored} bytes, the entry says ${record.nbytes}`);
      }
      const recordEnd = record.byteOffset + record.nbytes;
      if (record.byteOffset < end && record.nbytes > 0)
        fail(`tensor ${record.name} overlaps the one before it`);
      end = Math.max(end, recordEnd);
      if (end > shard.nbytes)
        fail(`tensor ${record.name} ends at byte ${end} of ${name}, which has ${shard.nbytes}`);
      const { shape, dtype, byteOffset, nbytes: sizeBytes, format } = record;
      tensors.set(record.name, { shape, dtype, shard: name, byteOffset, sizeBytes, format });
    }
  }
  return { shards: [...shards.values()], tensors };
}

/** Bytes that a tensor takes on disk; undefined for an unknown dtype or an impossible shape. */
export function storedBytes(
  shape: readonly number[],
  dtype: string,
  format: StoredFormat,
): number | undefined {
  const count = elementCount(shape);
  const each = format === 'f32-to-bf16' && dtype === 'float32' ? 2 : ELEMENT_BYTES[dtype];
  if (count === undefined || each === undefined) return undefined;
  const bytes = count * each;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** JSON value of `tensor-cache.json` as MLC writes it. The order of shards and tensors is kept. */
export function mlcManifestJson(manifest: MlcManifest): unknown {
  let bytes = 0;
  let parameters = 0;
  for (const [name, tensor] of manifest.tensors) {
    bytes += tensor.sizeBytes;
    parameters += logicalCount(name, tensor);
  }
  return {
    metadata: {
      ParamSize: manifest.tensors.size,
      ParamBytes: bytes,
      BitsPerParam: parameters === 0 ? 0 : (bytes * 8) / parameters,
    },
    records: manifest.shards.map((shard) => ({
      dataPath: shard.name,
      format: 'raw-shard',
      nbytes: shard.sizeBytes,
      ...(shard.md5 === undefined ? {} : { md5sum: shard.md5 }),
      records: [...manifest.tensors]
        .filter(([, tensor]) => tensor.shard === shard.name)
        .map(([name, tensor]) => ({
          name,
          shape: tensor.shape,
          dtype: tensor.dtype,
          format: tensor.format,
          nbytes: tensor.sizeBytes,
          byteOffset: tensor.byteOffset,
        })),
    })),
  };
}

/** Model weights that a stored tensor stands for: eight per packed word, none for the scales beside them. */
function logicalCount(name: string, tensor: StoredTensor): number {
  if (name.endsWith('.q_scale')) return 0;
  return (elementCount(tensor.shape) ?? 0) * (tensor.dtype === 'uint32' ? 8 : 1);
}

/** A name relative to the package that cannot climb out of it. */
export function isSafeFileName(name: string): boolean {
  if (name.length === 0 || name.length > 255 || /[\\:\0]/.test(name)) return false;
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
