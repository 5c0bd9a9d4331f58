/** Random weights of a checkpoint in its dtype, row by row; matrices come from a pool, norms are made on the spot. */
import { toHalves } from '../../convert/half-tables';
import { DTYPE_BYTES } from '../../formats/checkpoint-types';
import { GROUP, gaussians, hash, POOL_GROUPS, RowPool } from './row-pool';

export type WeightDtype = 'F16' | 'BF16' | 'F32';

/** What the values are like: weights as after training, or the small change of a fine-tuned model to its base. */
export interface Distribution {
  readonly matrixDeviation: number;
  readonly normMean: number;
  readonly normDeviation: number;
}

export const WEIGHTS: Distribution = { matrixDeviation: 0.02, normMean: 1, normDeviation: 0.05 };
export const CHANGES: Distribution = { matrixDeviation: 0.001, normMean: 0, normDeviation: 0.005 };

/** Rows of one block, so that a block is about 4 MiB. */
const BLOCK_BYTES = 4 << 20;

export class RandomWeights {
  readonly itemBytes: number;
  private readonly pool: RowPool;

  constructor(
    private readonly seed: number,
    readonly dtype: WeightDtype,
    private readonly distribution: Distribution = WEIGHTS,
  ) {
    this.itemBytes = DTYPE_BYTES[dtype]!;
    this.pool = new RowPool(
      inDtype(poolValues(seed, distribution.matrixDeviation), dtype),
      GROUP * this.itemBytes,
    );
  }

  /**
   * All rows in blocks; a block is overwritten by the next. Widths of matrices are multiples of 32.
   *
   * @param shape [rows, width] or [hidden] of a norm
   */
  *blocks(name: string, shape: readonly number[]): Generator<Uint8Array<ArrayBuffer>> {
    const [rows = 1, width] = shape;
    if (width === undefined) {
      yield inDtype(normValues(this.seed, name, rows, this.distribution), this.dtype);
      return;
    }
    yield* poolBlocks(this.pool, name, rows, width / GROUP, GROUP * this.itemBytes);
  }
}

/** Rows of a pool in blocks; a block is overwritten by the next. */
export function* poolBlocks(
  pool: RowPool,
  name: string,
  rows: number,
  groups: number,
  groupBytes: number,
): Generator<Uint8Array<ArrayBuffer>> {
  const rowBytes = groups * groupBytes;
  const step = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  const block = new Uint8Array(Math.min(step, rows) * rowBytes); // [step, groups, groupBytes]
  for (let start = 0; start < rows; start += step) {
    const end = Math.min(rows, start + step);
    pool.fill(block, name, groups, start, end);
    yield block.subarray(0, (end - start) * rowBytes);
  }
}

/** [POOL_GROUPS, 32] f32 */
export function poolValues(seed: number, deviation: number): Float32Array<ArrayBuffer> {
  return gaussians(seed, POOL_GROUPS * GROUP, 0, deviation);
}

/** [count] f32 */
export function normValues(
  seed: number,
  name: string,
  count: number,
  { normMean, normDeviation }: Distribution = WEIGHTS,
): Float32Array<ArrayBuffer> {
  return gaussians(hash(name, seed), count, normMean, normDeviation);
}

/** [n] f32 to [n] of another type, rounded to nearest even. */
export function inDtype(values: Float32Array<ArrayBuffer>, dtype: WeightDtype): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.buffer);
  if (dtype === 'F32') return bytes;
  if (dtype === 'F16') return new Uint8Array(toHalves(bytes, 'F32').buffer);
  const bits = new Uint32Array(values.buffer); // [n] f32
  const narrow = new Uint16Array(bits.length); // [n] bf16
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i]!;
    narrow[i] = (value + 0x7fff + ((value >>> 16) & 1)) >>> 16;
  }
  return new Uint8Array(narrow.buffer);
}
