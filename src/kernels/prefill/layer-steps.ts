/** What one layer and the head of a prefill pass consist of; prefill-pass.ts strings the layers together. */
import type { Architecture } from '../../models/architecture';
import { mathOf } from '../matrix';
import { quantizedRowBytes } from '../quantize-rows';
import type { Matrix, ModelWeights } from '../types';
import { type GemmArgs, gemm, gemmKernel } from './gemm';
import { gemvColumns } from './gemv-columns';
import { forTokens, type PrefillContext, type PrefillStep } from './step';
import { quantizeTokens, rmsNorm, siluMul } from './token-ops';

/** Most tokens of a chunk whose logits can all be had. */
export const MAX_COLUMNS = 8;

/** Tokens up to which columns are faster than tiles on a processor: a tile costs as much as 45 to 70 tokens there. */
const SOFTWARE_FEW = 32;

/** f32, rows of one token each; names say what lies there last. */
export interface Scratch {
  readonly residual: GPUBuffer; // [chunk, hidden]
  readonly normed: GPUBuffer; // [chunk, hidden], then q [chunk, heads, headDim]
  readonly wide: GPUBuffer; // [chunk, heads + 2 kvHeads, headDim], then gate and up [chunk, 2, intermediate]
  /** u32 [chunk, widest / 32, 12]: x of one product as 8-bit integers, where they are wanted. */
  readonly packed?: GPUBuffer;
  readonly mixed: GPUBuffer; // int8 cache: k and v [chunk, 2, kvHeads, headDim]; attention [chunk, heads, headDim], then activation [chunk, intermediate]
}

export interface LayerSteps {
  /** Norm and q/k/v. */
  readonly before: readonly PrefillStep[];
  /** Output projection and feed-forward. */
  readonly after: readonly PrefillStep[];
}

export async function layerSteps(
  context: PrefillContext,
  { hidden, intermediate, normEps }: Architecture,
  layer: ModelWeights['layers'][number],
  { residual, normed, wide, mixed, packed }: Scratch,
): Promise<LayerSteps> {
  const norm = (gamma: GPUBuffer) => rmsNorm(context, { hidden, normEps, x: residual, gamma, y: normed });
  const write = (weights: Matrix) =>
    product(context, { weights, x: normed, y: wide, isAdded: false }, packed);
  const add = (weights: Matrix) =>
    product(context, { weights, x: mixed, y: residual, isAdded: true }, packed);
  const before = Promise.all([norm(layer.attentionNorm), write(layer.qkv)]);
  const after = Promise.all([
    add(layer.output),
    norm(layer.feedForwardNorm),
    write(layer.gateUp),
    siluMul(context, { intermediate, gateUp: wide, y: mixed }),
    add(layer.down),
  ]);
  const [beforeSteps, afterSteps] = await Promise.all([before, after]);
  return { before: beforeSteps.flat(), after: afterSteps.flat() };
}

/** Whether the kernel for many tokens is the faster one for a few as well: lanes are, from one token on, tiles are not. */
function isForAnyTokens({ gpu }: PrefillContext, { isInt8 }: GemmArgs): boolean {
  return !isInt8 && gemmKernel(gpu) !== 'tile';
}

/** The product for chunks of every size: few tokens by the one kernel, many by the other. */
async function product(
  context: PrefillContext,
  wanted: GemmArgs,
  packed: GPUBuffer | undefined,
): Promise<PrefillStep[]> {
  const [quantize, args] = await withInt8(context, wanted, packed);
  if (isForAnyTokens(context, args)) return [...quantize, ...(await gemm(context, args))];
  const most = context.gpu.isSoftware ? SOFTWARE_FEW : MAX_COLUMNS;
  const [few, many] = await Promise.all([gemvColumns(context, args), gemm(context, args)]);
  return [
    ...quantize,
    ...few.map((step) => forTokens(step, 1, most)),
    ...many.map((step) => forTokens(step, most + 1)),
  ];
}

/** The same product of 8-bit integers, and what makes them of x; unchanged where they are not wanted or the weights have none. */
async function withInt8<Args extends GemmArgs>(
  context: PrefillContext,
  args: Args,
  packed: GPUBuffer | undefined,
): Promise<[PrefillStep[], Args]> {
  const { weights, x } = args;
  if (!packed || mathOf(weights, 'int8') !== 'int8') return [[], args];
  const step = await quantizeTokens(context, { cols: weights.cols, x, y: packed });
  return [[step], { ...args, x: packed, isInt8: true }];
}

/** f32 per row of `columnLogits`: the vocabulary, rounded up so that every row starts where a copy may. */
export function logitsStride({ vocab }: Pick<Architecture, 'vocab'>): number {
  return Math.ceil(vocab / 64) * 64;
}

/** Final norm and head for all tokens of a chunk of at most MAX_COLUMNS; `logits` f32 [MAX_COLUMNS, logitsStride]. */
export async function headSteps(
  context: PrefillContext,
  architecture: Architecture,
  { finalNorm, head }: ModelWeights,
  { residual, normed, packed }: Scratch,
  logits: GPUBuffer,
): Promise<PrefillStep[]> {
  const { hidden, normEps } = architecture;
  const stride = logitsStride(architecture);
  const wanted = { weights: head, x: normed, y: logits, isAdded: false, stride };
  const [quantize, args] = await withInt8(context, wanted, packed);
  const [norm, products] = await Promise.all([
    rmsNorm(context, { hidden, normEps, x: residual, gamma: finalNorm, y: normed }),
    isForAnyTokens(context, args) ? gemm(context, args) : gemvColumns(context, args),
  ]);
  return [norm, ...quantize, ...products];
}

/** f32 per token in each scratch buffer. */
export function widthsOf({ hidden, heads, kvHeads, headDim, intermediate }: Architecture) {
  return {
    normed: Math.max(hidden, heads * headDim),
    wide: Math.max((heads + 2 * kvHeads) * headDim, 2 * intermediate),
    mixed: Math.max(heads * headDim, intermediate, 2 * kvHeads * headDim),
    packed: quantizedRowBytes(Math.max(hidden, heads * headDim, intermediate)) / 4,
  };
}
