/**
 * What the benchmark drives: the engine's own runner, prefill and generate loop. Contexts are filled without computing
 * them: the runner keeps its accounts and grows its cache as always, while no dispatch reaches the GPU.
 */

import type { EngineOptions } from '../engine/engine-options';
import { GREEDY } from '../engine/greedy';
import type { GenerateOptions, Runner, SamplerSettings } from '../engine/types';
import { tapDispatches } from './device-tap';

/** The part of a runner that the benchmark uses, as any version of the engine offers it. */
export type BenchRunner = Pick<
  Runner,
  'architecture' | 'contextLength' | 'tokens' | 'truncate' | 'prefill' | 'timing' | 'memory' | 'dispose'
> & { generate(options: GenerateOptions): AsyncGenerator<unknown> };

/** Drawn as a chat draws, so that the sampler has its cuts to make. */
const CHAT_SAMPLER: SamplerSettings = { ...GREEDY, temperature: 0.8, topP: 0.95, seed: 1 };

const NEVER: ReadonlySet<number> = new Set();

/** Token ids without a pattern, the same in every run. Numerical Recipes' generator of 32 bits. */
export function promptIds(vocab: number, count: number): number[] {
  let state = 7;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % vocab;
  });
}

/** Leaves `context` tokens in the cache whose keys and values are whatever was there before. */
export async function assumeContext(
  device: GPUDevice,
  runner: BenchRunner,
  context: number,
  signal?: AbortSignal,
): Promise<void> {
  runner.truncate(0);
  const ids = promptIds(runner.architecture.vocab, context);
  await tapDispatches(
    device,
    () => false,
    () => runner.prefill(ids, signal),
  );
}

/** Draws `count` tokens; `onToken` is called after each with how many there are. */
export async function drawTokens(
  runner: BenchRunner,
  count: number,
  options: {
    readonly onToken?: (drawn: number) => void;
    readonly sampler?: SamplerSettings;
    readonly speculation?: EngineOptions['speculation'];
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<void> {
  const { onToken, sampler = CHAT_SAMPLER, speculation = 'off', signal } = options;
  let drawn = 0;
  // More than are wanted, so that the loop looks ahead until the last as it does within an answer.
  const maxTokens = count + 4;
  for await (const _ of runner.generate({
    sampler,
    maxTokens,
    stopIds: NEVER,
    speculation,
    ...(signal && { signal }),
  })) {
    drawn += 1;
    onToken?.(drawn);
    if (drawn >= count) return;
  }
}
