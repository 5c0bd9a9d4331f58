import { type Dispatch, type KernelContext, prepare } from './dispatch';
import { checkMatrix, gemvPreludes, sliceBindings, sliceUniform } from './matrix';
import type { Matrix } from './types';

export interface GemvLogitsArgs {
  /** [vocab, hidden] */
  readonly head: Matrix;
  /** f32 [hidden], or as `quantize_rows` leaves it for math int8: residual * gamma of the final norm, with its partial sums of squares f32 [parts]. */
  readonly x: GPUBuffer;
  readonly squares: GPUBuffer;
  readonly parts: number;
  readonly normEps: number;
  /** f32 [vocab], written. */
  readonly logits: GPUBuffer;
}

/** Logits of one token; one dispatch per slice of the head. */
export function gemvLogits(context: KernelContext, args: GemvLogitsArgs): Promise<Dispatch[]> {
  const { head } = args;
  checkMatrix('gemv_logits', head, head.rows, head.cols);
  const tuned = context.tuning.gemv.head;
  const { teamConstants, rows, rowsPerTeam } = tuned;
  return Promise.all(
    head.slices.map((slice) =>
      prepare(context, {
        spec: {
          op: 'gemv_logits',
          preludes: [...gemvPreludes(head, tuned), 'norm', 'slice'],
          constants: {
            ...teamConstants,
            COLS: head.cols,
            ROWS: rows,
            R: rowsPerTeam,
            HIDDEN: head.cols,
            PARTS: args.parts,
            EPS: args.normEps,
          },
        },
        bindings: {
          ...sliceBindings(slice),
          2: args.x,
          5: args.squares,
          6: args.logits,
          11: sliceUniform(context.gpu.device, slice),
        },
        x: Math.ceil(slice.rows / rows),
      }),
    ),
  );
}
