export interface AttentionShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/**
 * Softmax attention of one token in float64. `q` [heads, headDim]; `k`, `v` [kvHeads, capacity, headDim], of which
 * the first `positions` rows of each head count. Returns [heads, headDim].
 */
export function attention(
  { heads, kvHeads, headDim }: AttentionShape,
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  capacity: number,
  positions: number,
): Float64Array {
  const output = new Float64Array(heads * headDim);
  for (let head = 0; head < heads; head++) {
    const kvHead = Math.floor(head / (heads / kvHeads));
    const scores = Float64Array.from({ length: positions }, (_, position) => {
      let sum = 0;
      const row = (kvHead * capacity + position) * headDim;
      for (let d = 0; d < headDim; d++) sum += q[head * headDim + d]! * k[row + d]!;
      return sum / Math.sqrt(headDim);
    });
    const highest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    let total = 0;
    for (let position = 0; position < positions; position++) {
      const weight = Math.exp(scores[position]! - highest);
      total += weight;
      const row = (kvHead * capacity + position) * headDim;
      for (let d = 0; d < headDim; d++) output[head * headDim + d]! += weight * v[row + d]!;
    }
    for (let d = 0; d < headDim; d++) output[head * headDim + d]! /= total;
  }
  return output;
}

/** A row of an int8 cache: scale = max|row| / 127 as f32, code = round(value / scale). */
export function int8Row(row: ArrayLike<number>): { codes: Int8Array; scale: number } {
  const values = Float64Array.from(row);
  const scale = Math.fround(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127);
  return { codes: Int8Array.from(values, (value) => (scale > 0 ? Math.round(value / scale) : 0)), scale };
}
