/** What of a layer is bound to the cache: rotation with cache write, attention over the cache. */

import type { HeadShape } from '../qkv-rope';
import type { KvBuffers, KvLayer, RopeTable } from '../types';
import { attentionColumns } from './attention-columns';
import { attentionPrefill } from './attention-prefill';
import { MAX_COLUMNS, type Scratch } from './layer-steps';
import { ropeKv } from './rope-kv';
import { forTokens, type PrefillContext, type PrefillStep } from './step';

/** f32 scratch of attention over split positions, see `columnScratchBytes`. */
export interface ColumnScratch {
  readonly shares: GPUBuffer;
  readonly extent: GPUBuffer;
}

/** One layer's steps for chunks of every size: few tokens share every read of the cache, many go tile by tile. */
export async function cacheSteps(
  context: PrefillContext,
  { heads, kvHeads, headDim }: HeadShape,
  { wide, normed, mixed, shares, extent }: Scratch & ColumnScratch,
  { format }: Pick<KvBuffers, 'format'>,
  cache: KvLayer,
  rope: RopeTable,
): Promise<PrefillStep[]> {
  const shared = { heads, kvHeads, headDim, q: normed, format, cache };
  const [rotation, few, many] = await Promise.all([
    ropeKv(context, { ...shared, qkv: wide, rope, rows: mixed }),
    attentionColumns(context, { ...shared, y: mixed, shares, extent }),
    attentionPrefill(context, { ...shared, y: mixed }),
  ]);
  return [
    ...rotation,
    ...few.map((step) => forTokens(step, 1, MAX_COLUMNS)),
    forTokens(many, MAX_COLUMNS + 1),
  ];
}
