/**
 * Lays tensors out in shards and writes each shard as soon as its last byte is there. The layout is fixed
 * before the first weight is read, since all shapes are known: shards are filled in order up to 64 MiB, and a
 * larger tensor has a shard of its own, because the format cannot split one. Memory held: the shards that
 * are being filled (one, or two while a large matrix and its scales are on their way).
 */
import { md5Hex, sha256Hex } from '../formats/hash';
import { type MlcManifest, type StoredTensor, storedBytes } from '../formats/mlc-manifest';
import type { TensorSpec } from '../models/tensor-plan';

export const SHARD_LIMIT_BYTES = 64 << 20;

/** Tensors start at multiples of this, so that u32 views may be laid over a shard. */
const ALIGNMENT = 4;

/** Where a package goes: a folder, or the browser's store. */
export interface PackageSink {
  /** Stores one whole file. Called once per name. */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

export interface WrittenFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Places every tensor. `limitBytes` is a parameter for tests. */
export function layoutShards(
  specs: readonly TensorSpec[],
  limitBytes = SHARD_LIMIT_BYTES,
): { shardSizes: Map<string, number>; tensors: Map<string, StoredTensor> } {
  const shardSizes = new Map<string, number>();
  const tensors = new Map<string, StoredTensor>();
  let shard = 'params_shard_0.bin';
  let end = 0;
  for (const { name, shape, dtype } of specs) {
    const sizeBytes = storedBytes(shape, dtype, 'raw') ?? Number.POSITIVE_INFINITY;
    let byteOffset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    if (end > 0 && byteOffset + sizeBytes > limitBytes) {
      shard = `params_shard_${shardSizes.size}.bin`;
      byteOffset = 0;
    }
    end = byteOffset + sizeBytes;
    shardSizes.set(shard, end);
    tensors.set(name, { shape, dtype, shard, byteOffset, sizeBytes, format: 'raw' });
  }
  return { shardSizes, tensors };
}

export class ShardWriter {
  readonly #sink: PackageSink;
  readonly #sizes: Map<string, number>;
  readonly #tensors: Map<string, StoredTensor>;
  readonly #open = new Map<string, { bytes: Uint8Array<ArrayBuffer>; missing: Set<string> }>();
  readonly #md5 = new Map<string, string>();
  readonly #written: WrittenFile[] = [];

  constructor(sink: PackageSink, specs: readonly TensorSpec[], limitBytes = SHARD_LIMIT_BYTES) {
    this.#sink = sink;
    const { shardSizes, tensors } = layoutShards(specs, limitBytes);
    this.#sizes = shardSizes;
    this.#tensors = tensors;
  }

  /** The bytes of a tensor inside its shard, to be filled in place before `done` is called for it. */
  bytesOf(name: string): Uint8Array<ArrayBuffer> {
    const { shard, byteOffset, sizeBytes } = this.#tensors.get(name)!;
    let open = this.#open.get(shard);
    if (open === undefined) {
      const missing = [...this.#tensors].filter(([, t]) => t.shard === shard).map(([other]) => other);
      open = { bytes: new Uint8Array(this.#sizes.get(shard)!), missing: new Set(missing) };
      this.#open.set(shard, open);
    }
    return open.bytes.subarray(byteOffset, byteOffset + sizeBytes);
  }

  /** Marks a tensor as filled; the shard is hashed and written with its last one. */
  async done(name: string): Promise<void> {
    const { shard } = this.#tensors.get(name)!;
    const open = this.#open.get(shard)!;
    open.missing.delete(name);
    if (open.missing.size > 0) return;
    this.#open.delete(shard);
    this.#md5.set(shard, md5Hex(open.bytes));
    const sha256 = await sha256Hex(open.bytes);
    await this.#sink.write(shard, open.bytes);
    this.#written.push({ name: shard, sizeBytes: open.bytes.length, sha256 });
  }

  /** After the last `done`: the table of contents and the files written. */
  finish(): { manifest: MlcManifest; written: readonly WrittenFile[] } {
    const shards = [...this.#sizes].map(([name, sizeBytes]) => ({
      name,
      sizeBytes,
      md5: this.#md5.get(name),
    }));
    return { manifest: { shards, tensors: this.#tensors }, written: this.#written };
  }
}
