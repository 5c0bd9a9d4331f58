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
/** Widest head whose quads 32 invocations hold. */
const HALF_HEAD = 128;

/** On a processor no more workgroup memory than need be: SwiftShader compiles a store for every word, to clear it. */
function sizesOf(isSoftware: boolean, headDim: number): { QUERIES: number; WG: number } {
  if (isSoftware) return { QUERIES: 8, WG: headDim > HALF_HEAD ? 64 : 32 };
  return { QUERIES: headDim > WIDE_HEAD ? 8 : 16, WG: 64 };
}

/** Causal attention of all tokens of the chunk over the cache, online softmax in f32 (FlashAttention, arXiv 2205.14135). */
export function attentionPrefill(context: PrefillContext, args: AttentionPrefillArgs): Promise<PrefillStep> {
  checkHeads(args);
  const { heads, kvHeads, headDim, q, format, cache, y } = args;
  const sizes = sizesOf(context.gpu.isSoftware, headDim);
  const constants = {
    HEADS: heads,
    KV_HEADS: kvHeads,
    HEAD_DIM: headDim,
    SCALE: 1 / Math.sqrt(headDim),
    ...sizes,
  };
  return prepareStep(
    context,
    {
      spec: { op: 'attention_prefill', preludes: ['chunk', kvPrelude(format)], constants },
      bindings: { 0: q, 1: cache.k, 2: cache.v, 3: y, 10: context.chunk },
    },
    (tokens) => [heads, Math.ceil(tokens / sizes.QUERIES)],
  );
}
