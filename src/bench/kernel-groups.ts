/** Which kernel of the model a dispatch belongs to, told by the order in which one token's dispatches come. */
import type { TappedDispatch } from './device-tap';
import type { BenchKernel } from './types';

/** Dispatches of one kernel, apart by execution: one per layer, or one of head and sampler. */
export type KernelGroups = ReadonlyMap<BenchKernel, readonly (readonly TappedDispatch[])[]>;

/** Of each op what it belongs to; ops that are not listed are steps on the way to the next listed one. */
const KERNEL_OF: Readonly<Record<string, BenchKernel | 'embed' | 'residual'>> = {
  embed_token: 'embed',
  qkv_rope: 'qkv',
  attention_split: 'attention',
  attention_merge: 'attention',
  gemv_residual: 'residual',
  gate_up: 'gateUp',
  gemv_logits: 'head',
  sample_logits: 'sampler',
  sample_histogram: 'sampler',
  sample_draw: 'sampler',
};

/** Ops that a model runs once, however many layers it has. */
const ONCE: ReadonlySet<string> = new Set([
  'embed_token',
  'embed_rows',
  'last_scaled',
  'gemv_logits',
  'sample_logits',
  'sample_histogram',
  'sample_draw',
]);

export const isOnce = (op: string): boolean => ONCE.has(op);
/** The largest of them by far: a token without it is mostly layers. */
export const isHead = (op: string): boolean => op === 'gemv_logits';

/**
 * Groups the dispatches of one token. A store into the cache that follows `qkv_rope` counts as part of attention,
 * conversions of activations as part of the matrix product they are made for.
 */
export function groupKernels(token: readonly TappedDispatch[]): KernelGroups {
  const groups = new Map<BenchKernel, TappedDispatch[][]>();
  let current: BenchKernel | 'embed' | undefined;
  let waiting: TappedDispatch[] = [];
  for (const dispatch of token) {
    const listed = KERNEL_OF[dispatch.op];
    if (listed === undefined) {
      waiting.push(dispatch);
      continue;
    }
    const kernel = listed === 'residual' ? residualKernel(current) : listed;
    if (kernel !== 'embed') {
      const executions = groups.get(kernel) ?? [];
      groups.set(kernel, executions);
      if (kernel !== current) executions.push([]);
      executions.at(-1)!.push(...waiting, dispatch);
    }
    waiting = [];
    current = kernel;
  }
  return groups;
}

/** The same op projects attention's output and the feed-forward layer's. */
function residualKernel(before: BenchKernel | 'embed' | undefined): BenchKernel {
  return before === 'gateUp' || before === 'down' ? 'down' : 'output';
}
