import { type Dispatch, type KernelContext, prepare } from './dispatch';
import type { HeadShape } from './qkv-rope';
import type { KvLayer } from './types';

export interface StoreKvArgs extends Pick<HeadShape, 'kvHeads' | 'headDim'> {
  /** f32 [tokens, 2, kvHeads, headDim]: rotated k, then v. */
  readonly rows: GPUBuffer;
  /** int8; the position of every token is written. */
  readonly cache: KvLayer;
}

/** Specification and bindings of `store_kv`, to which those of the span (`state` or `chunk`) come. */
export function storeKvPlan({ kvHeads, headDim, rows, cache }: StoreKvArgs, span: readonly string[]) {
  return {
    spec: { op: 'store_kv', preludes: span, constants: { KV_HEADS: kvHeads, HEAD_DIM: headDim } },
    bindings: { 0: rows, 3: cache.k, 4: cache.v },
  };
}

/** Keys and values of one token into an int8 cache, after `qkv_rope` left them in `rows` [2, kvHeads, headDim]. */
export function storeKv(context: KernelContext, args: StoreKvArgs & { state: GPUBuffer }): Promise<Dispatch> {
  const { spec, bindings } = storeKvPlan(args, ['state', 'span_state']);
  return prepare(context, { spec, bindings: { ...bindings, 6: args.state }, x: 2 * args.kvHeads });
}
