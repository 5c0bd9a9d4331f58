import type { Gpu } from '../gpu/device';
import { type AttentionTuning, attentionTuning } from './attention-tuning';

/**
 * How a team multiplies: f32 throughout; the same with codes masked where they stand, for processors; codes widened
 * through f16 (needs shader-f16); activations as 8-bit integers.
 */
export type GemvMath = 'f32' | 'masked' | 'half' | 'int8';

/** The matrix-vector products of a model; each has one shape and may be tuned by itself. */
export type GemvKind = 'qkv' | 'output' | 'gateUp' | 'down' | 'head';
export const GEMV_KINDS: readonly GemvKind[] = ['qkv', 'output', 'gateUp', 'down', 'head'];

/** One matrix-vector kernel on one adapter; every number becomes an `override` constant. */
export interface GemvTuning {
  /** Prelude of the team: the lanes of a subgroup, of a workgroup, or a single one (for processors with subgroups). */
  readonly team: 'team_subgroup' | 'team_workgroup' | 'team_lane';
  /** Constants of that prelude. */
  readonly teamConstants: Readonly<Record<string, number>>;
  /** Matrix rows per workgroup; a multiple of `rowsPerTeam` that divides 64, so that slices of 64 rows are whole workgroups. */
  readonly rows: number;
  /** Rows a team works on at a time. */
  readonly rowsPerTeam: 2 | 4 | 8;
  /** `team_lane` masks for all but int8. */
  readonly math: GemvMath;
}

/** Sizes of the decode kernels on one adapter. */
export interface DecodeTuning extends AttentionTuning {
  readonly gemv: Readonly<Record<GemvKind, GemvTuning>>;
  /**
   * Values of the residual per partial sum of squares: columns of a workgroup of `embed_token`, and `rows` of the
   * kinds that write the residual (`output`, `down`).
   */
  readonly residualRows: number;
}

/** Largest subgroup WebGPU knows. */
const MAX_SUBGROUP = 128;
/** Widest subgroup of a processor that reads neighbouring weights faster than its lanes could lend each other inputs. */
const NARROW = 4;

/** Of a model, what its kernels are sized by. */
export interface TunedShape {
  readonly kvHeads: number;
  readonly hidden: number;
}
const LARGE: TunedShape = { kvHeads: 32, hidden: 4096 };
/** Up to this width a processor is done with a token before it would have compiled kernels that are faster. */
const SMALL_HIDDEN = 1024;

/**
 * What an adapter starts with, before anything was measured. The residual's kinds share `rows` with `residualRows`.
 */
export function decodeTuning(
  gpu: Pick<Gpu, 'features' | 'isSoftware'>,
  { kvHeads, hidden }: TunedShape = LARGE,
): DecodeTuning {
  const usual = gemvTuning(gpu);
  // Twice the rows take nearly twice as long to compile.
  const gemv: GemvTuning = gpu.isSoftware && hidden <= SMALL_HIDDEN ? { ...usual, rowsPerTeam: 2 } : usual;
  return {
    gemv: { qkv: gemv, output: gemv, gateUp: gemv, down: gemv, head: gemv },
    residualRows: gemv.rows,
    ...attentionTuning(gpu, kvHeads),
  };
}

/**
 * On a processor codes are masked, and a workgroup is one subgroup, or as wide as the vector unit, whose barrier then
 * costs nothing. Lanes of a wide subgroup have rows of their own, 4 each: more are no faster, and take longer to
 * compile; those of a narrow one share 8. On a GPU 4 rows a team, so that small matrices still fill it: with subgroups
 * a workgroup must be a multiple of the largest subgroup the adapter may choose, and the rows are what its teams take
 * in one go if it chooses 32 or its largest, whichever is smaller; other choices cost speed, not correctness. Without
 * subgroups, teams of 64.
 */
function gemvTuning({ features, isSoftware }: Pick<Gpu, 'features' | 'isSoftware'>): GemvTuning {
  const math = isSoftware ? 'masked' : 'f32';
  if (!features.subgroups) {
    const lanes = isSoftware ? 8 : 64;
    const teamConstants = { WG: lanes, LANES: lanes };
    return { team: 'team_workgroup', teamConstants, rows: isSoftware ? 64 : 16, rowsPerTeam: 8, math };
  }
  const largest = Math.min(MAX_SUBGROUP, features.subgroupMaxSize || MAX_SUBGROUP);
  if (isSoftware) {
    const common = { teamConstants: { WG: largest }, rows: 64, math } as const;
    if (largest <= NARROW) return { ...common, team: 'team_subgroup', rowsPerTeam: 8 };
    return { ...common, team: 'team_lane', rowsPerTeam: 4 };
  }
  const likely = Math.min(32, largest);
  const rows = Math.min(64, (128 / likely) * 4);
  return { team: 'team_subgroup', teamConstants: { WG: 128 }, rows, rowsPerTeam: 4, math };
}
