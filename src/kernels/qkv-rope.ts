import { AppError } from '../core/errors';
import { type Dispatch, type KernelContext, prepare } from './dispatch';
import { checkMatrix, gemvPreludes, sliceBindings, sliceUniform } from './matrix';
import type { KvLayer, Matrix, RopeTable } from './types';

export interface HeadShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** Largest head the kernels hold in shared memory and registers. */
export const MAX_HEAD_DIM = 256;

/** Throws AppError `config-invalid` {field, value} for heads the kernels cannot run. */
export function checkHeads({ heads, kvHeads, headDim }: HeadShape): void {
  if (headDim % 4 !== 0 || headDim < 4 || headDim > MAX_HEAD_DIM) {
    throw new AppError('config-invalid', { field: 'head_dim', value: headDim });
  }
  if (heads % kvHeads !== 0) {
    throw new AppError('config-invalid', { field: 'num_key_value_heads', value: kvHeads });
  }
}

export interface QkvRopeArgs extends HeadShape {
  /** [(heads + 2 kvHeads) * headDim, hidden]; slices hold whole heads. */
  readonly weights: Matrix;
  /** f32 [hidden], or as `quantize_rows` leaves it for math int8: residual * gamma, with its partial sums of squares f32 [parts]. */
  readonly x: GPUBuffer;
  readonly squares: GPUBuffer;
  readonly parts: number;
  readonly normEps: number;
  /** f32 [heads, headDim], written. */
  readonly q: GPUBuffer;
  /** Position `state.position` of both is written: halves. Or, for `store_kv`, f32 rows [2, kvHeads, headDim]. */
  readonly cache: KvLayer | { readonly rows: GPUBuffer };
  readonly rope: RopeTable;
  readonly state: GPUBuffer;
}

/** Norm factor, projection, rotation, cache write; one dispatch per slice. */
export function qkvRope(context: KernelContext, args: QkvRopeArgs): Promise<Dispatch[]> {
  const { heads, kvHeads, headDim, weights, parts } = args;
  checkHeads(args);
  checkMatrix('qkv_rope', weights, (heads + 2 * kvHeads) * headDim, weights.cols);
  const tuned = context.tuning.gemv.qkv;
  const { teamConstants, rows, rowsPerTeam } = tuned;
  const { cache } = args;
  const isRows = 'rows' in cache;
  const store = isRows ? 'kv_store_scratch' : 'kv_store_f16';
  const target = isRows ? { 7: cache.rows } : { 7: cache.k, 8: cache.v };
  const constants = {
    ...teamConstants,
    COLS: weights.cols,
    ROWS: rows,
    R: rowsPerTeam,
    HIDDEN: weights.cols,
    PARTS: parts,
    EPS: args.normEps,
    HEADS: heads,
    KV_HEADS: kvHeads,
    HEAD_DIM: headDim,
  };
  return Promise.all(
    weights.slices.map((slice) => {
      if (slice.rowStart % headDim !== 0 || slice.rows % headDim !== 0) {
        throw new AppError('internal', { message: 'qkv_rope: a slice cuts through a head' });
      }
      return prepare(context, {
        spec: {
          op: 'qkv_rope',
          preludes: ['state', ...gemvPreludes(weights, tuned), 'norm', 'slice', store],
          constants,
        },
        bindings: {
          ...sliceBindings(slice),
          2: args.x,
          5: args.squares,
          6: args.q,
          ...target,
          9: args.state,
          10: args.rope,
          11: sliceUniform(context.gpu.device, slice),
        },
        x: Math.ceil(slice.rows / rows),
      });
    }),
  );
}
