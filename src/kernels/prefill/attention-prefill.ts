import { kvPrelude } from '../attention';
import { checkHeads, type HeadShape } from '../qkv-rope';
import type { KvFormat, KvLayer } from '../types';
import { type PrefillContext, type PrefillStep, prepareStep } from './step';

export interface AttentionPrefillArgs extends HeadShape {
  /** f32 [tokens, heads, headDim], rotated. */
  readonly q: GPUBuffer;
  readonly format: KvFormat;
  /** Must hold positions 0 .. start + tokens. */
  readonly cache: KvLayer;
  /** f32 [tokens, heads, headDim], written. */
  readonly y: GPUBuffer;
}

/** Widest head of which 16 queries fit workgroup memory (16 KiB with everything else); 8 of wider ones do. */
const WIDE_HEAD = 160;

/** Causal attention of all tokens of the chunk over the cache, online softmax in f32 (FlashAttention, arXiv 2205.14135). */
export function attentionPrefill(context: PrefillContext, args: AttentionPrefillArgs): Promise<PrefillStep> {
  checkHeads(args);
  const { heads, kvHeads, headDim, q, format, cache, y } = args;
  const queries = headDim > WIDE_HEAD ? 8 : 16;
  const constants = {
    HEADS: heads,
    KV_HEADS: kvHeads,
    HEAD_DIM: headDim,
    SCALE: 1 / Math.sqrt(headDim),
    QUERIES: queries,
  };
  return prepareStep(
    context,
    {
      spec: { op: 'attention_prefill', preludes: ['chunk', kvPrelude(format)], constants },
      bindings: { 0: q, 1: cache.k, 2: cache.v, 3: y, 10: context.chunk },
    },
    (tokens) => [heads, Math.ceil(tokens / queries)],
  );
}
