/**
 * Attention of one token over the cache: `attention_split` in as many pieces as the number of cached positions
 * calls for, then `attention_merge` unless one piece was enough. Host and shader derive the number of pieces from
 * the position with the same formula, so that nothing has to be sent.
 */
import type { DecodeTuning } from './decode-tuning';
import { type Dispatch, encode, type KernelContext, prepare } from './dispatch';
import { checkHeads, type HeadShape } from './qkv-rope';
import type { KvLayer } from './types';

export interface AttentionArgs extends HeadShape {
  /** f32 [heads, headDim], rotated. */
  readonly q: GPUBuffer;
  readonly cache: KvLayer;
  /** STATE; positions 0..state.position are attended to. */
  readonly state: GPUBuffer;
  /** f32 [heads, headDim], written. */
  readonly output: GPUBuffer;
  /** Scratch: f32 [heads, maxSplits, headDim] and [heads, maxSplits, 2]. */
  readonly shares: GPUBuffer;
  readonly extent: GPUBuffer;
}

export interface AttentionDispatches {
  readonly split: Dispatch;
  readonly merge: Dispatch;
}

/** Bytes of the scratch buffers. */
export function attentionScratchBytes(
  { heads, headDim }: HeadShape,
  { maxSplits }: DecodeTuning,
): { shares: number; extent: number } {
  return { shares: heads * maxSplits * headDim * 4, extent: heads * maxSplits * 8 };
}

/** Pieces for `positions` cached positions; `split_count` of shaders/lib/splits.wgsl. */
export function splitCount(positions: number, { splitPositions, maxSplits }: DecodeTuning): number {
  return Math.min(maxSplits, Math.ceil(positions / splitPositions));
}

const TILE = 256;
/** What WebGPU guarantees, less the fixed arrays of the shader. */
const SHARED_BYTES = 16384 - 64 * 20;
const MAX_QUERIES = 8;

/** Query heads per workgroup: those of one KV head, as far as shared memory allows. */
function queriesPerWorkgroup({ heads, kvHeads, headDim }: HeadShape): number {
  const bytesPerHead = (headDim + TILE + 64) * 4;
  return Math.min(heads / kvHeads, MAX_QUERIES, Math.floor(SHARED_BYTES / bytesPerHead));
}

export async function attention(context: KernelContext, args: AttentionArgs): Promise<AttentionDispatches> {
  checkHeads(args);
  const { heads, kvHeads, headDim } = args;
  const { splitPositions, maxSplits } = context.tuning;
  const queries = queriesPerWorkgroup(args);
  const shared = { HEAD_DIM: headDim, SPLIT: splitPositions, MAX_SPLITS: maxSplits };
  const [split, merge] = await Promise.all([
    prepare(context, {
      spec: {
        op: 'attention_split',
        preludes: ['state', 'splits'],
        constants: { ...shared, HEADS: heads, KV_HEADS: kvHeads, QUERIES: queries, TILE },
      },
      bindings: {
        0: args.q,
        1: args.cache.k,
        2: args.cache.v,
        3: args.output,
        4: args.shares,
        5: args.extent,
        6: args.state,
      },
      x: 1,
      y: kvHeads * Math.ceil(heads / kvHeads / queries),
    }),
    prepare(context, {
      spec: { op: 'attention_merge', preludes: ['state', 'splits'], constants: shared },
      bindings: { 0: args.shares, 1: args.extent, 2: args.output, 3: args.state },
      x: heads,
    }),
  ]);
  return { split, merge };
}

/** Encodes both dispatches, or one where one piece is enough; `positions` = state.position + 1. */
export function encodeAttention(
  pass: GPUComputePassEncoder,
  { split, merge }: AttentionDispatches,
  positions: number,
  tuning: DecodeTuning,
): void {
  const splits = splitCount(positions, tuning);
  encode(pass, split, splits);
  if (splits > 1) encode(pass, merge);
}
