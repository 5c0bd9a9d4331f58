import type { Architecture } from '../../models/architecture';
import type { KvLayer } from '../types';
import { type PrefillContext, type PrefillStep, prepareStep } from './step';

/** Queries of one workgroup, as in shaders/ops/attention_prefill.wgsl. */
const TILE = 32;

export interface AttentionPrefillArgs extends Pick<Architecture, 'heads' | 'kvHeads' | 'headDim'> {
  /** f32 [tokens, heads, headDim], rotated. */
  readonly q: GPUBuffer;
  /** Must hold positions 0 .. start + tokens. */
  readonly cache: KvLayer;
  /** f32 [tokens, heads, headDim], written. */
  readonly y: GPUBuffer;
}

/** Constants of attention_prefill.wgsl; one invocation per 4 dimensions of 4 bands of queries, at least 128. */
export function attentionConstants(args: Pick<AttentionPrefillArgs, 'heads' | 'kvHeads' | 'headDim'>) {
  const { heads, kvHeads, headDim } = args;
  return {
    HEADS: heads,
    KV_HEADS: kvHeads,
    HEAD_DIM: headDim,
    SCALE: 1 / Math.sqrt(headDim),
    WORKGROUP: Math.max(128, Math.ceil((4 * Math.ceil(headDim / 4)) / 32) * 32),
  };
}

/**
 * Causal attention of all tokens of the chunk over the cache, online softmax in f32 (FlashAttention, arXiv
 * 2205.14135). headDim even, at most 256.
 */
export function attentionPrefill(context: PrefillContext, args: AttentionPrefillArgs): Promise<PrefillStep> {
  const { heads, q, cache, y } = args;
  return prepareStep(
    context,
    {
      spec: { op: 'attention_prefill', preludes: ['chunk'], constants: attentionConstants(args) },
      bindings: { 0: q, 1: cache.k, 2: cache.v, 3: y, 10: context.chunk },
    },
    (tokens) => [heads, Math.ceil(tokens / TILE)],
  );
}
