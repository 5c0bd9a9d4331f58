import type { Gpu } from '../gpu/device';

/** How a team multiplies: f32 throughout; codes widened through f16 (needs shader-f16); activations as 8-bit integers. */
export type GemvMath = 'f32' | 'half' | 'int8';

/** The matrix-vector products of a model; each has one shape and may be tuned by itself. */
export type GemvKind = 'qkv' | 'output' | 'gateUp' | 'down' | 'head';
export const GEMV_KINDS: readonly GemvKind[] = ['qkv', 'output', 'gateUp', 'down', 'head'];

/** One matrix-vector kernel on one adapter; every number becomes an `override` constant. */
export interface GemvTuning {
  /** Prelude that adds up over a team: `team_subgroup` or `team_workgroup`. */
  readonly team: 'team_subgroup' | 'team_workgroup';
  /** Constants of that prelude. */
  readonly teamConstants: Readonly<Record<string, number>>;
  /** Matrix rows per workgroup; a multiple of `rowsPerTeam` that divides 64, so that slices of 64 rows are whole workgroups. */
  readonly rows: number;
  /** Rows a team works on at a time. */
  readonly rowsPerTeam: 2 | 4 | 8;
  readonly math: GemvMath;
}

/** Sizes of the decode kernels on one adapter. */
export interface DecodeTuning {
  readonly gemv: Readonly<Record<GemvKind, GemvTuning>>;
  /**
   * Values of the residual per partial sum of squares: columns of a workgroup of `embed_token`, and `rows` of the
   * kinds that write the residual (`output`, `down`).
   */
  readonly residualRows: number;
  /** Cached positions one attention workgroup should take before the work is split further. */
  readonly splitPositions: number;
  /** Most splits of one head. */
  readonly maxSplits: number;
}

/** Largest subgroup WebGPU knows. */
const MAX_SUBGROUP = 128;

/**
 * What an adapter starts with, before anything was measured. With subgroups a workgroup must be a multiple of the
 * largest subgroup the adapter may choose, and the rows are what its teams take in one go if it chooses 32 or its
 * largest, whichever is smaller; other choices cost speed, not correctness. Tree of 64 otherwise.
 */
export function decodeTuning({ features }: Pick<Gpu, 'features'>): DecodeTuning {
  const gemv = gemvTuning(features);
  return {
    gemv: { qkv: gemv, output: gemv, gateUp: gemv, down: gemv, head: gemv },
    residualRows: gemv.rows,
    splitPositions: 256,
    maxSplits: 64,
  };
}

function gemvTuning(features: Gpu['features']): GemvTuning {
  const shared = { rowsPerTeam: 4, math: 'f32' } as const;
  if (!features.subgroups) {
    return { ...shared, team: 'team_workgroup', teamConstants: { WG: 64, LANES: 64 }, rows: 4 };
  }
  const largest = Math.min(MAX_SUBGROUP, features.subgroupMaxSize || MAX_SUBGROUP);
  const workgroup = largest <= 4 ? 64 : 128;
  const likely = Math.min(32, largest);
  const rows = Math.min(64, (workgroup / likely) * shared.rowsPerTeam);
  return { ...shared, team: 'team_subgroup', teamConstants: { WG: workgroup }, rows };
}
