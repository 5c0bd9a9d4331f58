import type { Architecture } from '../models/architecture';

/** The longest so far: every cached sequence has one, and a longer one begins like a shorter one. */
const tables = new WeakMap<Architecture, Float32Array<ArrayBuffer>>();

/**
 * f32 [positions, headDim / 2, 2] of (cos, sin), computed in float64: angle = position / ropeFactor *
 * ropeTheta^(-2i / headDim) (RoFormer, arXiv 2104.09864; linear position interpolation, arXiv 2306.15595).
 * A table, because shader trigonometry is inexact far from zero. Shared; not to be written to.
 */
export function ropeTable(architecture: Architecture, positions: number): Float32Array<ArrayBuffer> {
  const { headDim, ropeTheta, ropeFactor } = architecture;
  const half = headDim / 2;
  const known = tables.get(architecture) ?? new Float32Array(0);
  const length = positions * half * 2;
  if (known.length >= length) return known.subarray(0, length);
  const frequencies = Float64Array.from({ length: half }, (_, i) => ropeTheta ** ((-2 * i) / headDim));
  const table = new Float32Array(length);
  table.set(known);
  let at = known.length;
  for (let position = known.length / headDim; position < positions; position++) {
    for (const frequency of frequencies) {
      const angle = (position / ropeFactor) * frequency;
      table[at++] = Math.cos(angle);
      table[at++] = Math.sin(angle);
    }
  }
  tables.set(architecture, table);
  return table;
}
