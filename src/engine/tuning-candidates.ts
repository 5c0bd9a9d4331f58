/**
 * Which kernels the tuner tries against each other and which of them it takes. Pure: times go in, a choice comes out.
 */
import { AppError } from '../core/errors';
import {
  type DecodeTuning,
  GEMV_KINDS,
  type GemvKind,
  type GemvMath,
  type GemvTuning,
} from '../kernels/decode-tuning';

/** A candidate with the time of one dispatch. */
export interface Measured {
  readonly tuning: GemvTuning;
  readonly ms: number;
}

/** Of every kind; the default comes first. */
export type Measurements = Readonly<Record<GemvKind, readonly Measured[]>>;

/** What is tuned of a DecodeTuning. */
export type GemvChoice = Pick<DecodeTuning, 'gemv' | 'residualRows'>;

export interface TunedAdapter {
  readonly subgroups: boolean;
  readonly f16: boolean;
}

/** Less of a gain is noise, and the default has been tried on more machines. */
const MARGIN = 0.03;
/** Slices of matrices are whole multiples of it. */
const SLICE_ROWS = 64;
const TREE_LANES = 64;

/**
 * The default of a kind and what may be better: 2, 4 or 8 rows at a time, teams of a subgroup or of a tree, codes
 * widened in f32 or through f16. With 8-bit activations only the rows are open. Rows of a workgroup are what its
 * teams take in one go, as in the default.
 */
export function candidatesOf(start: GemvTuning, adapter: TunedAdapter): readonly GemvTuning[] {
  const isInt8 = start.math === 'int8';
  const isLane = start.team === 'team_lane';
  const plain = start.math === 'masked' ? 'masked' : 'f32';
  const maths: readonly GemvMath[] = isInt8 ? ['int8'] : adapter.f16 && !isLane ? [plain, 'half'] : [plain];
  const teams = isInt8 || !adapter.subgroups ? [teamOf(start)] : [teamOf(start), TREE];
  const all = teams.flatMap(({ rowsPerTeamRow, ...team }) =>
    ([2, 4, 8] as const).flatMap((rowsPerTeam) =>
      maths.map((math): GemvTuning => {
        const rows = Math.min(SLICE_ROWS, Math.max(rowsPerTeam, rowsPerTeamRow * rowsPerTeam));
        return { ...team, rows, rowsPerTeam, math };
      }),
    ),
  );
  const startKey = keyOf(start);
  return [start, ...all.filter((tuning) => keyOf(tuning) !== startKey)];
}

const TREE = {
  team: 'team_workgroup',
  teamConstants: { WG: TREE_LANES, LANES: TREE_LANES },
  rowsPerTeamRow: 2,
} as const;

/** The team of a tuning, and how many rows its workgroups take for each row that a team takes at a time. */
function teamOf({ team, teamConstants, rows, rowsPerTeam }: GemvTuning) {
  return { team, teamConstants, rowsPerTeamRow: rows / rowsPerTeam };
}

const keyOf = (tuning: GemvTuning): string =>
  JSON.stringify([tuning.team, tuning.teamConstants, tuning.rows, tuning.rowsPerTeam, tuning.math]);

/**
 * The best of every kind. `output` and `down` write the residual together and must have the same rows, so the pair
 * with the least time in sum is taken for them.
 */
export function chooseTuning(measured: Measurements): GemvChoice {
  const residual = bestPair(measured.output, measured.down);
  const single = (kind: GemvKind): GemvTuning =>
    best(measured[kind].map((one) => ({ pick: one.tuning, ms: one.ms })));
  const pick = (kind: GemvKind): GemvTuning =>
    kind === 'output' || kind === 'down' ? residual[kind] : single(kind);
  const gemv = GEMV_KINDS.map((kind): [GemvKind, GemvTuning] => [kind, pick(kind)]);
  return {
    gemv: Object.fromEntries(gemv) as GemvChoice['gemv'],
    residualRows: residual.output.rows,
  };
}

function bestPair(output: readonly Measured[], down: readonly Measured[]) {
  const pairs = output.flatMap((first) =>
    down
      .filter((second) => second.tuning.rows === first.tuning.rows)
      .map((second) => ({
        pick: { output: first.tuning, down: second.tuning },
        ms: first.ms + second.ms,
      })),
  );
  return best(pairs);
}

/** The fastest, or the first where that gains too little. */
function best<T>(choices: readonly { readonly pick: T; readonly ms: number }[]): T {
  const [first, ...others] = choices;
  if (!first) throw new AppError('internal', { message: 'nothing was measured' });
  let winner = first;
  for (const other of others) if (other.ms < winner.ms) winner = other;
  return winner.ms < first.ms * (1 - MARGIN) ? winner.pick : first.pick;
}
