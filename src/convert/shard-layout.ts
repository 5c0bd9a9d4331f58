/**
 * Where every tensor of a package lies, fixed before the first weight is read, since all shapes are known. A
 * logical tensor (a matrix with its scales, a norm) is never split over two shards: a conversion that goes on
 * reads the matrices of its unfinished shards and nothing else. Shards are filled in order up to 64 MiB; a
 * larger matrix has a shard of its own.
 */
import { type MlcManifest, type StoredTensor, storedBytes } from '../formats/mlc-manifest';
import type { Architecture } from '../models/architecture';
import { type LogicalTensor, logicalTensors, storedSpecs, type TensorSpec } from '../models/tensor-plan';

const SHARD_LIMIT_BYTES = 64 << 20;

/** Tensors start at multiples of this, so that u32 views may be laid over a shard. */
const ALIGNMENT = 4;

export interface ShardPlan {
  readonly name: string;
  readonly sizeBytes: number;
  /** In the order of their bytes. */
  readonly tensors: readonly LogicalTensor[];
}

export interface ShardLayout {
  readonly shards: readonly ShardPlan[];
  /** By stored name (`….q_weight`, `….q_scale`, `….weight`). */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** `limitBytes` is a parameter for tests. */
export function layoutShards(architecture: Architecture, limitBytes = SHARD_LIMIT_BYTES): ShardLayout {
  const groups = logicalTensors(architecture).map((tensor) => ({
    tensor,
    specs: storedSpecs(tensor, architecture.quantization),
  }));
  return layoutGroups(groups, limitBytes);
}

interface Group {
  readonly tensor: LogicalTensor;
  readonly specs: readonly TensorSpec[];
}

export function layoutGroups(groups: readonly Group[], limitBytes: number): ShardLayout {
  const shards: { name: string; sizeBytes: number; tensors: LogicalTensor[] }[] = [];
  const tensors = new Map<string, StoredTensor>();
  for (const { tensor, specs } of groups) {
    let shard = shards.at(-1);
    if (shard === undefined || endOf(specs, shard.sizeBytes) > limitBytes) {
      shard = { name: `params_shard_${shards.length}.bin`, sizeBytes: 0, tensors: [] };
      shards.push(shard);
    }
    shard.tensors.push(tensor);
    for (const spec of specs) {
      const { name, shape, dtype } = spec;
      const byteOffset = aligned(shard.sizeBytes);
      const sizeBytes = bytesOf(spec);
      tensors.set(name, { shape, dtype, shard: shard.name, byteOffset, sizeBytes, format: 'raw' });
      shard.sizeBytes = byteOffset + sizeBytes;
    }
  }
  return { shards, tensors };
}

/** MLC's table of contents for the layout, with the MD5 of every shard. */
export function manifestOf(layout: ShardLayout, md5Of: (shard: string) => string): MlcManifest {
  const shards = layout.shards.map(({ name, sizeBytes }) => ({ name, sizeBytes, md5: md5Of(name) }));
  return { shards, tensors: layout.tensors };
}

/** Where a shard ends that had `start` bytes before these tensors. */
function endOf(specs: readonly TensorSpec[], start: number): number {
  return specs.reduce((end, spec) => aligned(end) + bytesOf(spec), start);
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

function bytesOf({ shape, dtype }: TensorSpec): number {
  return storedBytes(shape, dtype, 'raw') ?? Number.POSITIVE_INFINITY;
}
