import { type Dispatch, type KernelContext, prepare } from './dispatch';
import { checkMatrix, sliceBindings, sliceUniform, weightsPreludes } from './matrix';
import type { Matrix } from './types';

export interface EmbedTokenArgs {
  /** [vocab, hidden] */
  readonly embedding: Matrix;
  /** f32 [hidden] of the first layer's norm. */
  readonly gamma: GPUBuffer;
  /** STATE of types.ts, with usage UNIFORM. */
  readonly state: GPUBuffer;
  /** f32 [hidden], written. */
  readonly residual: GPUBuffer;
  /** f32 [hidden], written: residual * gamma. */
  readonly scaled: GPUBuffer;
  /** f32 [hidden / tuning.residualRows, rounded up], written: partial sums of squares of `residual`. */
  readonly squares: GPUBuffer;
}

/** One dispatch per slice of the embedding; only the one that holds the token writes. */
export function embedToken(context: KernelContext, args: EmbedTokenArgs): Promise<Dispatch[]> {
  const { embedding, gamma, state, residual, scaled, squares } = args;
  checkMatrix('embed_token', embedding, embedding.rows, embedding.cols);
  const columns = context.tuning.residualRows;
  return Promise.all(
    embedding.slices.map((slice) =>
      prepare(context, {
        spec: {
          op: 'embed_token',
          preludes: ['state', ...weightsPreludes(embedding), 'slice'],
          constants: { COLS: embedding.cols, COLUMNS: columns },
        },
        bindings: {
          ...sliceBindings(slice),
          5: gamma,
          6: residual,
          7: scaled,
          8: squares,
          9: state,
          11: sliceUniform(context.gpu.device, slice),
        },
        x: Math.ceil(embedding.cols / columns),
      }),
    ),
  );
}
