import type { Architecture } from '../models/architecture';

/**
 * f32 [positions, headDim / 2, 2] of (cos, sin), computed in float64: angle = position / ropeFactor *
 * ropeTheta^(-2i / headDim) (RoFormer, arXiv 2104.09864; linear position interpolation, arXiv 2306.15595).
 * A table, because shader trigonometry is inexact far from zero.
 */
export function ropeTable(architecture: Architecture, positions: number): Float32Array<ArrayBuffer> {
  const { headDim, ropeTheta, ropeFactor } = architecture;
  const half = headDim / 2;
  const frequencies = Float64Array.from({ length: half }, (_, i) => ropeTheta ** ((-2 * i) / headDim));
  const table = new Float32Array(positions * half * 2);
  let at = 0;
  for (let position = 0; position < positions; position++) {
    for (const frequency of frequencies) {
      const angle = (position / ropeFactor) * frequency;
      table[at++] = Math.cos(angle);
      table[at++] = Math.sin(angle);
    }
  }
  return table;
}
