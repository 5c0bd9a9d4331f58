/** RMSNorm without its weights: the factor 1 / sqrt(mean(x^2) + eps) of `x` [hidden], in float64 (arXiv 1910.07467). */
export function normFactor(x: ArrayLike<number>, eps: number): number {
  return 1 / Math.sqrt(sumOfSquares(x) / x.length + eps);
}

export function sumOfSquares(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! ** 2;
  return sum;
}

export function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}
