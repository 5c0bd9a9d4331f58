/**
 * Attention of one token over the cache: `attention_split` in as many pieces as the number of cached positions
 * calls for, then `attention_merge` unless one piece was enough. Host and shader derive the number of pieces from
 * the position with the same formula, so that nothing has to be sent. `prefill/attention-columns` runs the same
 * shaders for a few tokens at once.
 */
import type { Gpu } from '../gpu/device';
import type { PipelineSpec } from '../gpu/pipeline-cache';
import type { AttentionTuning } from './attention-tuning';
import { type Dispatch, type KernelContext, prepare } from './dispatch';
import { checkHeads, type HeadShape } from './qkv-rope';
import type { KvFormat, KvLayer } from './types';

export interface AttentionArgs extends HeadShape {
  /** f32 [heads, headDim], rotated. */
  readonly q: GPUBuffer;
  readonly format: KvFormat;
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

type Splits = Pick<AttentionTuning, 'splitPositions' | 'maxSplits'>;

/** Bytes of the scratch buffers, for `columns` tokens at once. */
export function attentionScratchBytes(
  { heads, headDim }: HeadShape,
  { maxSplits }: Splits,
  columns = 1,
): { shares: number; extent: number } {
  const rows = columns * heads * maxSplits;
  return { shares: rows * headDim * 4, extent: rows * 8 };
}

/** Pieces for `positions` cached positions; `split_count` of shaders/lib/splits.wgsl. */
export function splitCount(positions: number, { splitPositions, maxSplits }: Splits): number {
  return Math.min(maxSplits, Math.ceil(positions / splitPositions));
}

/** Prelude that reads the cache. */
export const kvPrelude = (format: KvFormat): string => (format === 'int8' ? 'kv_int8' : 'kv_f16');

/** What WebGPU guarantees. */
const SHARED_BYTES = 16384;
/** Most rows of a workgroup: what the arrays of the shader hold. */
export const MAX_ROWS = 8;

/** The split kernel for workgroups of up to `wantedRows` rows (pairs of a token and a query head of one KV head). */
export function splitKernel(
  gpu: Pick<Gpu, 'isSoftware'>,
  { heads, kvHeads, headDim }: HeadShape,
  { splitPositions, maxSplits, attentionWorkgroup, attentionTile: tile }: AttentionTuning,
  { format, span, wantedRows }: { format: KvFormat; span: readonly string[]; wantedRows: number },
): { spec: PipelineSpec; rows: number } {
  const quads = headDim / 4;
  let workgroup = attentionWorkgroup;
  while (workgroup < quads) workgroup *= 2;
  const fitting = Math.floor(SHARED_BYTES / ((headDim + tile + workgroup) * 4));
  const rows = Math.min(wantedRows, MAX_ROWS, fitting);
  const perRow = 4 * workgroup;
  const constants = {
    HEADS: heads,
    KV_HEADS: kvHeads,
    HEAD_DIM: headDim,
    SPLIT: splitPositions,
    MAX_SPLITS: maxSplits,
    QUERIES: rows,
    WG: workgroup,
    TILE: tile,
    SCORES: Math.max(rows * tile, perRow),
    ROLLED: gpu.isSoftware ? 1 : 0,
    GATHER: Math.min(rows, Math.max(1, Math.floor((rows * tile) / perRow))),
  };
  const preludes = [...span, 'splits', kvPrelude(format)];
  return { spec: { op: 'attention_split', preludes, constants }, rows };
}

/** The kernel that puts splits together. */
export function mergeKernel(
  { heads, headDim }: HeadShape,
  { splitPositions, maxSplits }: Splits,
  span: readonly string[],
): PipelineSpec {
  const constants = { HEADS: heads, HEAD_DIM: headDim, SPLIT: splitPositions, MAX_SPLITS: maxSplits };
  return { op: 'attention_merge', preludes: [...span, 'splits'], constants };
}

const SPAN = ['state', 'span_state'];

export async function attention(context: KernelContext, args: AttentionArgs): Promise<AttentionDispatches> {
  checkHeads(args);
  const { gpu, tuning } = context;
  const { heads, kvHeads, format, cache, output, shares, extent, state } = args;
  const queries = heads / kvHeads;
  const { spec, rows } = splitKernel(gpu, args, tuning, { format, span: SPAN, wantedRows: queries });
  const [split, merge] = await Promise.all([
    prepare(context, {
      spec,
      bindings: { 0: args.q, 1: cache.k, 2: cache.v, 3: output, 4: shares, 5: extent, 6: state },
      x: 1,
      y: kvHeads * Math.ceil(queries / rows),
    }),
    prepare(context, {
      spec: mergeKernel(args, tuning, SPAN),
      bindings: { 0: shares, 1: extent, 2: output, 6: state },
      x: heads,
    }),
  ]);
  return { split, merge };
}

/** Both dispatches, or one where one piece is enough; `positions` = state.position + 1. */
export function attentionAt(
  { split, merge }: AttentionDispatches,
  positions: number,
  tuning: Splits,
): readonly Dispatch[] {
  const splits = splitCount(positions, tuning);
  const sized = { ...split, x: splits };
  return splits > 1 ? [sized, merge] : [sized];
}
