/**
 * Whether a model fits a GPU. WebGPU says how large a buffer may be, never how much memory there is, so without
 * the user's word only the limits are judged and the verdict is `unknown`, beside what the model needs.
 */
import { FIRST_CAPACITY, type MemoryNeeded, memoryNeeded, positionBytes } from './memory';

/** `GpuInfo` of the worker and `Gpu` of the engine are such. */
export interface AdapterLimits {
  readonly maxBufferBytes: number;
  readonly maxBindingBytes: number;
}

/** Keys; the interface and the command line own the sentences. */
export type VerdictReason =
  /** Nobody said how much memory there is. */
  | 'memory-unknown'
  /** There is enough, at the full context. */
  | 'enough-memory'
  /** The adapter's buffers hold fewer positions than the model has; `contextTokens` of them work. */
  | 'context-cut-by-adapter'
  /** Comfortable only at the shorter context of `bestContext`. */
  | 'shorter-context'
  /** At the shortest context it can be loaded, when next to nothing else uses the GPU. */
  | 'almost-all-memory'
  /** Not even the shortest context. */
  | 'too-little-memory';

export interface Verdict {
  readonly verdict: 'fits' | 'tight' | 'too-large' | 'unknown';
  readonly reason: {
    readonly key: VerdictReason;
    /** At `contextTokens`, with the moment in which the cache grows. */
    readonly neededBytes: number;
    readonly availableBytes: number | undefined;
    readonly contextTokens: number;
  };
  /** Most tokens of context that fit comfortably, the shortest where none does; 0 when the model is too large. */
  readonly bestContext: number;
}

/**
 * What a model may take of the memory to be comfortable: the rest is for the desktop, the browser's own pages and
 * the driver. A rule of thumb: browsers and drivers tell nobody what they hold.
 */
export const COMFORTABLE_SHARE = 0.85;

/** Contexts are proposed in steps of as many tokens. */
const STEP = 256;

/** `adapter` undefined: not asked yet, nothing is cut. `memoryBytes` is the GPU's, as its user states it. */
export function verdict(
  needed: MemoryNeeded,
  adapter: AdapterLimits | undefined,
  memoryBytes: number | undefined,
): Verdict {
  const { architecture } = needed;
  const limit = adapter
    ? Math.min(adapter.maxBufferBytes, adapter.maxBindingBytes)
    : Number.POSITIVE_INFINITY;
  const most = Math.min(needed.contextTokens, Math.floor(limit / positionBytes(architecture)));
  const isCut = most < needed.contextTokens;
  const peak = (tokens: number) => peakBytes(memoryNeeded(architecture, architecture.quantization, tokens));
  const judge = (
    word: Verdict['verdict'],
    key: VerdictReason,
    tokens: number,
    bestContext: number,
  ): Verdict => ({
    verdict: word,
    reason: { key, neededBytes: peak(tokens), availableBytes: memoryBytes, contextTokens: tokens },
    bestContext,
  });
  const cutOr = (key: VerdictReason) => (isCut ? 'context-cut-by-adapter' : key);
  if (memoryBytes === undefined) return judge('unknown', cutOr('memory-unknown'), most, most);

  const comfortable = longestContext(most, (tokens) => peak(tokens) <= COMFORTABLE_SHARE * memoryBytes);
  if (comfortable === most) return judge('fits', cutOr('enough-memory'), most, most);
  if (comfortable > 0) return judge('tight', 'shorter-context', most, comfortable);
  const shortest = Math.min(FIRST_CAPACITY, most);
  if (peak(shortest) <= memoryBytes) return judge('tight', 'almost-all-memory', shortest, shortest);
  return judge('too-large', 'too-little-memory', shortest, 0);
}

/** The most memory that a model takes at any moment. */
export function peakBytes({ totalBytes, growthBytes }: MemoryNeeded): number {
  return totalBytes + growthBytes;
}

/**
 * `most`, or the longest whole step below it that fits; 0 when the shortest useful context does not. What fits
 * also fits with less, so the steps are halved, not walked.
 */
function longestContext(most: number, fits: (tokens: number) => boolean): number {
  if (fits(most)) return most;
  let low = FIRST_CAPACITY / STEP - 1;
  let high = Math.ceil(most / STEP);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fits(middle * STEP)) low = middle;
    else high = middle;
  }
  return low * STEP >= FIRST_CAPACITY ? low * STEP : 0;
}
