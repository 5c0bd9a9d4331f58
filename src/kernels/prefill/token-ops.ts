/** The prefill kernels that treat every token by itself: embedding, norm, SiLU. */
import { checkMatrix, GROUP, sliceBindings, weightsPreludes } from '../matrix';
import type { Matrix } from '../types';
import { type PrefillContext, type PrefillStep, prepareStep } from './step';

/** Invocations of a workgroup in these kernels. */
const WORKGROUP = 256;
/** And of `quantize_rows`, one per group of columns. */
const QUANTIZE_WORKGROUP = 64;

export interface EmbedRowsArgs {
  /** [vocab, hidden] */
  readonly embedding: Matrix;
  /** f32 [tokens, hidden], written. */
  readonly y: GPUBuffer;
}

/** One dispatch per slice of the embedding; each token's row is written by the slice that holds its id. */
export function embedRows(context: PrefillContext, { embedding, y }: EmbedRowsArgs): Promise<PrefillStep[]> {
  checkMatrix('embed_rows', embedding, embedding.rows, embedding.cols);
  return Promise.all(
    embedding.slices.map((slice) =>
      prepareStep(
        context,
        {
          spec: {
            op: 'embed_rows',
            preludes: [...weightsPreludes(embedding), 'chunk', 'slice'],
            constants: { COLS: embedding.cols },
          },
          bindings: {
            ...sliceBindings(slice),
            5: y,
            10: context.chunk,
            11: context.uniforms.get([slice.rowStart, slice.rows, 0, 0]),
          },
        },
        (tokens) => [Math.ceil(embedding.cols / WORKGROUP), tokens],
      ),
    ),
  );
}

export interface RmsNormArgs {
  readonly hidden: number;
  readonly normEps: number;
  /** f32 [tokens, hidden] */
  readonly x: GPUBuffer;
  /** f32 [hidden] */
  readonly gamma: GPUBuffer;
  /** f32 [tokens, hidden], written. */
  readonly y: GPUBuffer;
}

/** RMSNorm (arXiv 1910.07467) of every token, sum of squares in f32. */
export function rmsNorm(context: PrefillContext, args: RmsNormArgs): Promise<PrefillStep> {
  const { hidden, normEps, x, gamma, y } = args;
  return prepareStep(
    context,
    {
      spec: { op: 'rms_norm', constants: { HIDDEN: hidden, EPS: normEps } },
      bindings: { 0: x, 1: gamma, 2: y },
    },
    (tokens) => [1, tokens],
  );
}

export interface SiluMulArgs {
  readonly intermediate: number;
  /** f32 [tokens, 2, intermediate]: gate, then up, of every token. */
  readonly gateUp: GPUBuffer;
  /** f32 [tokens, intermediate], written. */
  readonly y: GPUBuffer;
}

/** silu(gate) * up, the activation of SwiGLU (arXiv 2002.05202). */
export function siluMul(context: PrefillContext, args: SiluMulArgs): Promise<PrefillStep> {
  const { intermediate, gateUp, y } = args;
  return prepareStep(
    context,
    {
      spec: { op: 'silu_mul', constants: { INTERMEDIATE: intermediate } },
      bindings: { 0: gateUp, 1: y },
    },
    (tokens) => [Math.ceil(intermediate / WORKGROUP), tokens],
  );
}

export interface LastScaledArgs {
  readonly hidden: number;
  /** f32 [hidden] */
  readonly residual: GPUBuffer;
  /** f32 [hidden] */
  readonly gamma: GPUBuffer;
  /** f32 [hidden], written: residual * gamma. */
  readonly scaled: GPUBuffer;
  /** f32 [parts], written: partial sums of squares of the residual. */
  readonly squares: GPUBuffer;
  readonly parts: number;
}

/** What the decode kernels take in place of a norm, for one token. */
export function lastScaled(context: PrefillContext, args: LastScaledArgs): Promise<PrefillStep> {
  const { hidden, residual, gamma, scaled, squares, parts } = args;
  return prepareStep(
    context,
    {
      spec: { op: 'last_scaled', constants: { HIDDEN: hidden, PARTS: parts } },
      bindings: { 0: residual, 1: gamma, 2: scaled, 3: squares },
    },
    () => [1, 1],
  );
}

export interface QuantizeTokensArgs {
  /** A multiple of 32. */
  readonly cols: number;
  /** f32 [tokens, cols] */
  readonly x: GPUBuffer;
  /** u32 [tokens, cols / 32, 12], written: see `quantize_rows`. */
  readonly y: GPUBuffer;
}

/** Activations of all tokens as 8-bit integers. What lies behind the chunk's last token may be written as well. */
export function quantizeTokens(
  context: PrefillContext,
  { cols, x, y }: QuantizeTokensArgs,
): Promise<PrefillStep> {
  const most = Math.floor(Math.min(x.size / (4 * GROUP), y.size / 48));
  return prepareStep(
    context,
    { spec: { op: 'quantize_rows', constants: { GROUPS: most } }, bindings: { 0: x, 1: y } },
    (tokens) => [Math.ceil((tokens * cols) / GROUP / QUANTIZE_WORKGROUP), 1],
  );
}
