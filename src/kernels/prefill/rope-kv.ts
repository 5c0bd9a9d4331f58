import type { HeadShape } from '../qkv-rope';
import { storeKvPlan } from '../store-kv';
import type { KvFormat, KvLayer, RopeTable } from '../types';
import { type PrefillContext, type PrefillStep, prepareStep } from './step';

/** Invocations of a workgroup. */
const WORKGROUP = 256;

export interface RopeKvArgs extends HeadShape {
  /** f32 [tokens, heads + 2 kvHeads, headDim]: q, k, v of every token. */
  readonly qkv: GPUBuffer;
  readonly rope: RopeTable;
  /** f32 [tokens, heads, headDim], written. */
  readonly q: GPUBuffer;
  readonly format: KvFormat;
  /** Rows start .. start + tokens of every head are written. */
  readonly cache: KvLayer;
  /** f32 [tokens, 2, kvHeads, headDim]: keys and values on their way into an int8 cache; not touched for f16. */
  readonly rows: GPUBuffer;
}

/** Rotates q and k (half-split RoPE from the table) and stores k and v in the cache; int8 in a second step. */
export async function ropeKv(context: PrefillContext, args: RopeKvArgs): Promise<PrefillStep[]> {
  const { heads, kvHeads, headDim, qkv, rope, q, format, cache, rows } = args;
  const pairs = ((heads + 2 * kvHeads) * headDim) / 2;
  const target = format === 'f16' ? { 3: cache.k, 4: cache.v } : { 3: rows };
  const rotation = prepareStep(
    context,
    {
      spec: {
        op: 'rope_kv',
        preludes: ['chunk', format === 'f16' ? 'kv_pair_f16' : 'kv_pair_scratch'],
        constants: { HEADS: heads, KV_HEADS: kvHeads, HEAD_DIM: headDim },
      },
      bindings: { 0: qkv, 1: rope, 2: q, ...target, 10: context.chunk },
    },
    (tokens) => [Math.ceil(pairs / WORKGROUP), tokens],
  );
  if (format === 'f16') return [await rotation];
  const { spec, bindings } = storeKvPlan(args, ['chunk', 'span_chunk']);
  const store = prepareStep(context, { spec, bindings: { ...bindings, 10: context.chunk } }, (tokens) => [
    2 * kvHeads,
    tokens,
  ]);
  return Promise.all([rotation, store]);
}
