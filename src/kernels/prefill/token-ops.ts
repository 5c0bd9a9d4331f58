/** The prefill kernels that treat every token by itself: embedding, norm, rotation with cache write, SiLU. */
import type { Architecture } from '../../models/architecture';
import { checkMatrix, sliceBindings, weightsPrelude } from '../matrix';
import type { KvLayer, Matrix, RopeTable } from '../types';
import { type PrefillContext, type PrefillStep, prepareStep } from './step';

/** Invocations of a workgroup in these kernels. */
const WORKGROUP = 256;

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
            preludes: [weightsPrelude(embedding), 'chunk', 'slice'],
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

type Heads = Pick<Architecture, 'heads' | 'kvHeads' | 'headDim'>;

export interface RopeKvArgs extends Heads {
  /** f32 [tokens, heads + 2 kvHeads, headDim]: q, k, v of every token. */
  readonly qkv: GPUBuffer;
  readonly rope: RopeTable;
  /** f32 [tokens, heads, headDim], written. */
  readonly q: GPUBuffer;
  /** Rows start .. start + tokens of every head are written. */
  readonly cache: KvLayer;
}

/** Rotates q and k (half-split RoPE from the table) and stores k and v in the cache as halves. */
export function ropeKv(context: PrefillContext, args: RopeKvArgs): Promise<PrefillStep> {
  const { heads, kvHeads, headDim, qkv, rope, q, cache } = args;
  const pairs = ((heads + 2 * kvHeads) * headDim) / 2;
  return prepareStep(
    context,
    {
      spec: {
        op: 'rope_kv',
        preludes: ['chunk'],
        constants: { HEADS: heads, KV_HEADS: kvHeads, HEAD_DIM: headDim },
      },
      bindings: { 0: qkv, 1: rope, 2: q, 3: cache.k, 4: cache.v, 10: context.chunk },
    },
    (tokens) => [Math.ceil(pairs / WORKGROUP), tokens],
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
