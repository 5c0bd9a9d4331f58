/** y = W x in float64. `w` [rows, cols], `x` [cols]; returns [rows]. */
export function matrixVector(
  w: ArrayLike<number>,
  x: ArrayLike<number>,
  rows: number,
  cols: number,
): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let col = 0; col < cols; col++) sum += w[row * cols + col]! * x[col]!;
    return sum;
  });
}
