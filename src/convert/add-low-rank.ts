/**
 * The arithmetic of a LoRA, for one block of rows: W + scale * (left * right), every product and sum rounded to
 * float32, terms in order. So the error stays near half a unit in the last place of W, and the plain loops here
 * and the vectors of low-rank-kernel.ts give the same bytes on every machine.
 */
import { lowRankKernel } from './low-rank-kernel';

export interface LowRank {
  /** [all rows of the matrix, rank] f32 */
  readonly left: Float32Array<ArrayBuffer>;
  /** [rank, in] f32 */
  readonly right: Float32Array<ArrayBuffer>;
  readonly rank: number;
  readonly scale: number;
}

/** `rows` [n, in] f32, which begin at row `rowStart` of the matrix, become rows + scale * left * right. */
export function addLowRank(rows: Float32Array<ArrayBuffer>, factors: LowRank, rowStart: number): void {
  if (lowRankKernel(rows, factors, rowStart)) return;
  addLowRankPlain(rows, factors, rowStart);
}

/** The same without WebAssembly. */
export function addLowRankPlain(
  rows: Float32Array<ArrayBuffer>,
  { left, right, rank, scale }: LowRank,
  rowStart: number,
): void {
  const width = right.length / rank;
  const sum = new Float32Array(width); // [in] f32
  const factor = Math.fround(scale);
  for (let at = 0, row = rowStart; at < rows.length; at += width, row++) {
    sum.fill(0);
    for (let k = 0; k < rank; k++) {
      const c = left[row * rank + k]!;
      const from = k * width;
      for (let i = 0; i < width; i++) sum[i]! += Math.fround(c * right[from + i]!);
    }
    for (let i = 0; i < width; i++) rows[at + i]! += Math.fround(factor * sum[i]!);
  }
}

/** [n, m] to [m, n], given n. */
export function transposed(values: Float32Array, n: number): Float32Array<ArrayBuffer> {
  const m = values.length / n;
  const out = new Float32Array(values.length);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < m; column++) out[column * n + row] = values[row * m + column]!;
  }
  return out;
}
