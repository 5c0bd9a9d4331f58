/** Reading a prompt, and the time to the first token of an answer with nothing or nearly all of the prompt cached. */
import { AppError } from '../core/errors';
import { median } from '../core/statistics';
import { type BenchRunner, drawTokens, promptIds } from './bench-runner';
import { tapDispatches } from './device-tap';
import { isOnce } from './kernel-groups';

export interface PrefillOptions {
  readonly rounds: number;
  readonly budgetMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** ms to read a prompt of `tokens` into an empty cache, logits of the last included. */
export async function measurePrefill(
  runner: BenchRunner,
  tokens: number,
  options: PrefillOptions,
): Promise<number> {
  const ids = promptIds(runner.architecture.vocab, tokens);
  return repeat(options, async () => {
    runner.truncate(0);
    return elapsed(() => runner.prefill(ids, options.signal));
  });
}

export interface FirstTokenMeasurement {
  readonly coldMs: number;
  readonly cachedMs: number;
  readonly newOnlyMs: number;
}

/** ms from the prompt to the first token drawn: all of it new, only its last `newTokens` new, and those by themselves. */
export async function measureFirstToken(
  runner: BenchRunner,
  promptTokens: number,
  newTokens: number,
  options: PrefillOptions,
): Promise<FirstTokenMeasurement> {
  const ids = promptIds(runner.architecture.vocab, promptTokens);
  const cachedTokens = promptTokens - newTokens;
  const answer = (position: number, fresh: readonly number[]) =>
    elapsed(async () => {
      runner.truncate(position);
      await runner.prefill(fresh, options.signal);
      await drawTokens(runner, 1, { signal: options.signal });
      if (options.signal?.aborted) throw new AppError('aborted');
    });
  const coldMs = await repeat(options, () => answer(0, ids));
  const cachedMs = await repeat(options, () => answer(cachedTokens, ids.slice(cachedTokens)));
  const newOnlyMs = await repeat(options, () => answer(0, ids.slice(cachedTokens)));
  return { coldMs, cachedMs, newOnlyMs };
}

/** Runs `work` without the layers: what is left is what a model of any depth does once. */
export function withoutLayers<T>(device: GPUDevice, work: () => Promise<T>): Promise<T> {
  return tapDispatches(device, ({ op }) => isOnce(op), work);
}

async function repeat(
  { rounds, budgetMs, signal }: PrefillOptions,
  once: () => Promise<number>,
): Promise<number> {
  const startedAt = performance.now();
  const times: number[] = [];
  do {
    if (signal?.aborted) throw new AppError('aborted');
    times.push(await once());
  } while (times.length < rounds && performance.now() - startedAt + times.at(-1)! < budgetMs);
  return median(times);
}

async function elapsed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
