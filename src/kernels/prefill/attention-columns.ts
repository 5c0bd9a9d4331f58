import { attentionScratchBytes, MAX_ROWS, mergeKernel, splitCount, splitKernel } from '../attention';
import { attentionTuning } from '../attention-tuning';
import type { KernelContext } from '../dispatch';
import { checkHeads, type HeadShape } from '../qkv-rope';
import type { KvFormat, KvLayer } from '../types';
import { MAX_COLUMNS } from './layer-steps';
import { forTokens, type PrefillContext, type PrefillStep, prepareStep } from './step';

export interface AttentionColumnsArgs extends HeadShape {
  /** f32 [tokens, heads, headDim], rotated. */
  readonly q: GPUBuffer;
  readonly format: KvFormat;
  /** Must hold positions 0 .. start + tokens. */
  readonly cache: KvLayer;
  /** f32 [tokens, heads, headDim], written. */
  readonly y: GPUBuffer;
  /** Scratch of `columnScratchBytes`: f32 [8, heads, maxSplits, headDim] and [8, heads, maxSplits, 2]. */
  readonly shares: GPUBuffer;
  readonly extent: GPUBuffer;
}

/** Bytes of the scratch buffers. */
export function columnScratchBytes(
  gpu: KernelContext['gpu'],
  shape: HeadShape,
): { shares: number; extent: number } {
  return attentionScratchBytes(shape, attentionTuning(gpu, shape.kvHeads), MAX_COLUMNS);
}

const SPAN = ['chunk', 'span_chunk'];

/** Rows (pairs of a token and a query head of one KV head) of the smaller of the two split kernels. */
const FEW_ROWS = 4;

/**
 * Causal attention of 1 .. 8 tokens, decode's kernels with the tokens as columns: a workgroup serves all rows that
 * share a KV head, so that keys and values are read once for all tokens.
 */
export async function attentionColumns(
  context: PrefillContext,
  args: AttentionColumnsArgs,
): Promise<PrefillStep[]> {
  checkHeads(args);
  const { heads, kvHeads, format, cache, q, y, shares, extent } = args;
  const queries = heads / kvHeads;
  const tuning = attentionTuning(context.gpu, kvHeads);
  const split = (wantedRows: number) => {
    const { spec, rows } = splitKernel(context.gpu, args, tuning, { format, span: SPAN, wantedRows });
    return prepareStep(
      context,
      { spec, bindings: { 0: q, 1: cache.k, 2: cache.v, 3: y, 4: shares, 5: extent, 10: context.chunk } },
      (tokens, start) => [splitCount(start + tokens, tuning), kvHeads * Math.ceil((tokens * queries) / rows)],
    );
  };
  const merge = prepareStep(
    context,
    {
      spec: mergeKernel(args, tuning, SPAN),
      bindings: { 0: shares, 1: extent, 2: y, 10: context.chunk },
    },
    (tokens, start) => (splitCount(start + tokens, tuning) > 1 ? [heads, tokens] : undefined),
  );
  const [most, few] = context.gpu.isSoftware ? [FEW_ROWS, 0] : [MAX_ROWS, Math.floor(FEW_ROWS / queries)];
  // A processor shares reads through its cache, and compiles long. Elsewhere, where two tokens make more rows than the
  // smaller kernel takes, only the larger one is worth compiling.
  if (few < 2) return Promise.all([split(most), merge]);
  const [small, large, last] = await Promise.all([split(FEW_ROWS), split(most), merge]);
  return [forTokens(small, 1, few), forTokens(large, few + 1), last];
}
