import type { GpuFeatures } from '../gpu/device';

/** Sizes of the decode kernels on one adapter; every number becomes an `override` constant. */
export interface DecodeTuning {
  /** Prelude that adds up over a team: `team_subgroup` or `team_workgroup`. */
  readonly team: 'team_subgroup' | 'team_workgroup';
  /** Constants of that prelude. */
  readonly teamConstants: Readonly<Record<string, number>>;
  /** Matrix rows per workgroup; a multiple of 4 that divides 64, so that slices of 64 rows are whole workgroups. */
  readonly rows: number;
  /** Rows a team works on at a time, 2 or 4. */
  readonly rowsPerTeam: number;
  /** Cached positions one attention workgroup should take before the work is split further. */
  readonly splitPositions: number;
  /** Most splits of one head. */
  readonly maxSplits: number;
}

/** Largest subgroup WebGPU knows. */
const MAX_SUBGROUP = 128;

/**
 * With subgroups a workgroup must be a multiple of the largest subgroup the adapter may choose, and the rows
 * are what its teams take in one go if it chooses 32 or its largest, whichever is smaller; other choices cost
 * speed, not correctness. Tree of 64 otherwise (measured: performance notes of the GEMV, 4 rows per team).
 */
export function decodeTuning(features: GpuFeatures): DecodeTuning {
  const shared = { rowsPerTeam: 4, splitPositions: 256, maxSplits: 64 } as const;
  if (!features.subgroups) {
    return { ...shared, team: 'team_workgroup', teamConstants: { WG: 64, LANES: 64 }, rows: 4 };
  }
  const largest = Math.min(MAX_SUBGROUP, features.subgroupMaxSize || MAX_SUBGROUP);
  const workgroup = largest <= 4 ? 64 : 128;
  const likely = Math.min(32, largest);
  const rows = Math.min(64, (workgroup / likely) * shared.rowsPerTeam);
  return { ...shared, team: 'team_subgroup', teamConstants: { WG: workgroup }, rows };
}
