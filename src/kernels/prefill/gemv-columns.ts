/**
 * Products for a few tokens: as the decode kernels multiply, with weights read once for several tokens. A tile of the
 * matrix-matrix kernel would be nearly empty.
 */
import { decodeTuning } from '../decode-tuning';
import { checkMatrix } from '../matrix';
import { type GemmArgs, READERS, scalesPreludes } from './gemm';
import { type PrefillContext, type PrefillStep, prepareStep } from './step';

/** Tokens that share a read of the weights, as in shaders/ops/gemv_columns.wgsl. */
const TOKENS = 4;
/** Rows of a team at a time. */
const TEAM_ROWS = 4;
/** Quads of columns in a scale group. */
const QUADS = 8;
/** Most f32 of workgroup memory. */
const KEPT = 2048;

/** y [tokens, stride] = x . W^T for all tokens of the chunk; one dispatch per slice. Throws AppError `internal` for a wrong shape. */
export function gemvColumns(context: PrefillContext, args: GemmArgs): Promise<PrefillStep[]> {
  const { weights, x, y, isAdded, isInt8 = false, stride = weights.rows } = args;
  checkMatrix('gemv_columns', weights, weights.rows, weights.cols);
  const { team: wantedTeam, teamConstants, rows: wantedRows } = decodeTuning(context.gpu).gemv.qkv;
  const team = wantedTeam === 'team_lane' ? 'team_subgroup' : wantedTeam;
  // A team without subgroups leaves the sums of all its lanes in workgroup memory.
  const shares = team === 'team_workgroup' ? teamConstants.LANES! : 1;
  const groupRows = Math.max(TEAM_ROWS, Math.min(wantedRows, KEPT / (TOKENS * shares)));
  const reader = isInt8 ? scalesPreludes(weights.format) : READERS[weights.format];
  const spec = {
    op: isInt8 ? 'gemv_columns_int8' : 'gemv_columns',
    preludes: [team, ...reader, 'product', 'columns', 'chunk'],
    constants: { ...teamConstants, ROWS: groupRows },
  };
  return Promise.all(
    weights.slices.map(({ rowStart, rows, data, scales }) => {
      const shape = [weights.cols, stride, rowStart, rows, isAdded ? 1 : 0, QUADS];
      return prepareStep(
        context,
        {
          spec,
          bindings: { 0: data, 1: scales, 2: x, 3: y, 4: context.uniforms.get(shape), 10: context.chunk },
        },
        (tokens) => [Math.ceil(tokens / TOKENS), Math.ceil(rows / groupRows)],
      );
    }),
  );
}
