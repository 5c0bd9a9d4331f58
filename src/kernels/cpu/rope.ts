/**
 * Rotates one head in place: dimensions i and i + headDim / 2 form a pair ("half-split", as in Hugging Face).
 * `head` [headDim]; `angles` (cos, sin) [headDim / 2, 2].
 */
export function rotateHead(head: Float64Array, angles: ArrayLike<number>): void {
  const half = head.length / 2;
  for (let i = 0; i < half; i++) {
    const cosine = angles[2 * i]!;
    const sine = angles[2 * i + 1]!;
    const first = head[i]!;
    const second = head[i + half]!;
    head[i] = first * cosine - second * sine;
    head[i + half] = second * cosine + first * sine;
  }
}
