import { AppError } from '../core/errors';
import { type Dispatch, type KernelContext, prepare } from './dispatch';
import { checkMatrix, gemvPreludes, sliceBindings, sliceUniform } from './matrix';
import type { Matrix } from './types';

export interface GemvResidualArgs {
  readonly kind: 'output' | 'down';
  /** [hidden, inputs] */
  readonly weights: Matrix;
  /** f32 [inputs], or as `quantize_rows` leaves it for math int8. */
  readonly x: GPUBuffer;
  /** f32 [hidden] of the norm that reads the result. */
  readonly gamma: GPUBuffer;
  /** f32 [hidden], added to. */
  readonly residual: GPUBuffer;
  /** f32 [hidden], written: residual * gamma. */
  readonly scaled: GPUBuffer;
  /** f32 [hidden / tuning.residualRows, rounded up], written: partial sums of squares of `residual`. */
  readonly squares: GPUBuffer;
}

/** residual += W x with the next norm's share; one dispatch per slice. */
export function gemvResidual(context: KernelContext, args: GemvResidualArgs): Promise<Dispatch[]> {
  const { weights } = args;
  checkMatrix('gemv_residual', weights, weights.rows, weights.cols);
  const tuned = context.tuning.gemv[args.kind];
  const { teamConstants, rows, rowsPerTeam } = tuned;
  return Promise.all(
    weights.slices.map((slice) => {
      if (slice.rowStart % rows !== 0) {
        throw new AppError('internal', { message: `gemv_residual: slice starts at row ${slice.rowStart}` });
      }
      return prepare(context, {
        spec: {
          op: 'gemv_residual',
          preludes: [...gemvPreludes(weights, tuned), 'slice'],
          constants: { ...teamConstants, COLS: weights.cols, ROWS: rows, R: rowsPerTeam },
        },
        bindings: {
          ...sliceBindings(slice),
          2: args.x,
          5: args.gamma,
          6: args.residual,
          7: args.scaled,
          8: args.squares,
          11: sliceUniform(context.gpu.device, slice),
        },
        x: Math.ceil(slice.rows / rows),
      });
    }),
  );
}
