/** Plain references of the prefill kernels in float64; shapes as in src/kernels/prefill. */
import { fromHalf, toHalf } from '../../core/half';
import { type AttentionShape, attention } from './attention';

/** RMSNorm of x [tokens, hidden] with gamma [hidden]. */
export function rmsNormRows(x: ArrayLike<number>, gamma: ArrayLike<number>, eps: number): Float64Array {
  const hidden = gamma.length;
  const y = new Float64Array(x.length);
  for (let row = 0; row < x.length; row += hidden) {
    let sum = 0;
    for (let i = 0; i < hidden; i++) sum += x[row + i]! ** 2;
    const factor = 1 / Math.sqrt(sum / hidden + eps);
    for (let i = 0; i < hidden; i++) y[row + i] = x[row + i]! * gamma[i]! * factor;
  }
  return y;
}

/** y [tokens, rows] = x [tokens, cols] . W^T, W [rows, cols]. */
export function matmul(x: ArrayLike<number>, weights: ArrayLike<number>, cols: number): Float64Array {
  const tokens = x.length / cols;
  const rows = weights.length / cols;
  const y = new Float64Array(tokens * rows);
  for (let token = 0; token < tokens; token++)
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let i = 0; i < cols; i++) sum += x[token * cols + i]! * weights[row * cols + i]!;
      y[token * rows + row] = sum;
    }
  return y;
}

/** Half-split rotation of one head [headDim] by a table row [headDim / 2, 2] of (cos, sin), in place. */
export function rotate(head: Float64Array, turns: ArrayLike<number>): void {
  const half = head.length / 2;
  for (let i = 0; i < half; i++) {
    const low = head[i]!;
    const high = head[half + i]!;
    head[i] = low * turns[2 * i]! - high * turns[2 * i + 1]!;
    head[half + i] = high * turns[2 * i]! + low * turns[2 * i + 1]!;
  }
}

/** silu(gate) * up of rows [tokens, 2, intermediate]. */
export function siluMulRows(gateUp: ArrayLike<number>, intermediate: number): Float64Array {
  return Float64Array.from({ length: gateUp.length / 2 }, (_, i) => {
    const row = Math.floor(i / intermediate) * 2 * intermediate + (i % intermediate);
    const gate = gateUp[row]!;
    return (gate / (1 + Math.exp(-gate))) * gateUp[row + intermediate]!;
  });
}

/** Keys and values [kvHeads, capacity, headDim], values rounded to half as on the GPU. */
export interface CpuCache {
  readonly capacity: number;
  readonly k: Float64Array;
  readonly v: Float64Array;
}

export const emptyCache = ({ kvHeads, headDim }: AttentionShape, capacity: number): CpuCache => ({
  capacity,
  k: new Float64Array(kvHeads * capacity * headDim),
  v: new Float64Array(kvHeads * capacity * headDim),
});

/**
 * qkv [tokens, heads + 2 kvHeads, headDim] at positions start, ...: returns rotated q [tokens, heads, headDim] and
 * writes k and v to the cache. `rope` [positions, headDim / 2, 2].
 */
export function ropeKvRows(
  shape: AttentionShape,
  qkv: ArrayLike<number>,
  rope: ArrayLike<number>,
  start: number,
  cache: CpuCache,
): Float64Array {
  const { heads, kvHeads, headDim } = shape;
  const slots = heads + 2 * kvHeads;
  const tokens = qkv.length / (slots * headDim);
  const q = new Float64Array(tokens * heads * headDim);
  for (let token = 0; token < tokens; token++) {
    const position = start + token;
    const turns = Array.from({ length: headDim }, (_, i) => rope[position * headDim + i]!);
    for (let slot = 0; slot < slots; slot++) {
      const from = (token * slots + slot) * headDim;
      const head = Float64Array.from({ length: headDim }, (_, i) => qkv[from + i]!);
      if (slot < heads + kvHeads) rotate(head, turns);
      if (slot < heads) {
        q.set(head, (token * heads + slot) * headDim);
        continue;
      }
      const target = slot < heads + kvHeads ? cache.k : cache.v;
      const kvHead = (slot - heads) % kvHeads;
      target.set(
        head.map((value) => fromHalf(toHalf(value))),
        (kvHead * cache.capacity + position) * headDim,
      );
    }
  }
  return q;
}

/** Causal attention of q [tokens, heads, headDim] at positions start, ... over the cache. */
export function attentionRows(
  shape: AttentionShape,
  q: Float64Array,
  cache: CpuCache,
  start: number,
): Float64Array {
  const width = shape.heads * shape.headDim;
  const y = new Float64Array(q.length);
  for (let token = 0; token < q.length / width; token++) {
    const row = q.subarray(token * width, (token + 1) * width);
    y.set(attention(shape, row, cache.k, cache.v, cache.capacity, start + token + 1), token * width);
  }
  return y;
}
