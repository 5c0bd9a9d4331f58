import { AppError } from '../core/errors';
import { type Dispatch, type KernelContext, prepare } from './dispatch';
import { checkMatrix, gemvPreludes, sliceUniform } from './matrix';
import type { Matrix, MatrixSlice } from './types';

export interface GateUpArgs {
  /** [2 * intermediate, hidden]: one slice, or the same cuts through gate and up. */
  readonly weights: Matrix;
  /** f32 [hidden], or as `quantize_rows` leaves it for math int8: residual * gamma, with its partial sums of squares f32 [parts]. */
  readonly x: GPUBuffer;
  readonly squares: GPUBuffer;
  readonly parts: number;
  readonly normEps: number;
  /** f32 [intermediate], written. */
  readonly activation: GPUBuffer;
}

interface Pair {
  readonly gate: MatrixSlice;
  readonly up: MatrixSlice;
  /** Rows of each half, and where they start in its slice. */
  readonly rowStart: number;
  readonly rows: number;
  readonly gateOffset: number;
  readonly upOffset: number;
}

/** Pieces of gate rows with the up rows that belong to them. */
function pairs(weights: Matrix): Pair[] {
  const half = weights.rows / 2;
  const [only] = weights.slices;
  if (only && weights.slices.length === 1) {
    return [{ gate: only, up: only, rowStart: 0, rows: half, gateOffset: 0, upOffset: half }];
  }
  return weights.slices
    .filter(({ rowStart }) => rowStart < half)
    .map((gate) => {
      const up = weights.slices.find(
        ({ rowStart, rows }) => rowStart === half + gate.rowStart && rows === gate.rows,
      );
      if (!up) throw new AppError('internal', { message: `gate_up: no up rows for row ${gate.rowStart}` });
      return { gate, up, rowStart: gate.rowStart, rows: gate.rows, gateOffset: 0, upOffset: 0 };
    });
}

/** silu(gate x) * (up x), norm factor included; one dispatch per pair of slices. */
export function gateUp(context: KernelContext, args: GateUpArgs): Promise<Dispatch[]> {
  const { weights } = args;
  checkMatrix('gate_up', weights, weights.rows, weights.cols);
  const tuned = context.tuning.gemv.gateUp;
  const { teamConstants, rows, rowsPerTeam } = tuned;
  return Promise.all(
    pairs(weights).map((pair) =>
      prepare(context, {
        spec: {
          op: 'gate_up',
          preludes: [...gemvPreludes(weights, tuned), 'norm', 'slice'],
          constants: {
            ...teamConstants,
            COLS: weights.cols,
            ROWS: rows,
            R: rowsPerTeam,
            HIDDEN: weights.cols,
            PARTS: args.parts,
            EPS: args.normEps,
          },
        },
        bindings: {
          0: pair.gate.data,
          1: pair.gate.scales,
          2: args.x,
          3: pair.up.data,
          4: pair.up.scales,
          5: args.squares,
          6: args.activation,
          11: sliceUniform(context.gpu.device, {
            rowStart: pair.rowStart,
            rows: pair.rows,
            rowOffset: pair.gateOffset,
            rowOffsetB: pair.upOffset,
          }),
        },
        x: Math.ceil((2 * pair.rows) / rows),
      }),
    ),
  );
}
