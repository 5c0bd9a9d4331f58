/** Time per token of the loop that answers: forward pass, head, draw, read-back, with tokens looked ahead. */
import { AppError } from '../core/errors';
import { median } from '../core/statistics';
import { assumeContext, type BenchRunner, drawTokens } from './bench-runner';
import { tapDispatches, tapSubmits } from './device-tap';

/** Tokens drawn before time is taken: the first has no forward pass, the next fill the pipeline. */
const LEAD = 3;
const MOST_TOKENS = 64;
/** Positions behind the last token drawn that the loop may ask the cache for. */
const AHEAD = 8;

export interface DecodeOptions {
  readonly rounds: number;
  /** Rounds end early when so much time is spent. */
  readonly budgetMs: number;
  /** What one round should take; it sets the number of tokens. */
  readonly roundMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface DecodeMeasurement {
  readonly msPerToken: number;
  readonly tokens: number;
  readonly cpuMsPerToken: number;
  readonly submitsPerToken: number;
}

/**
 * Decoding up to where `context` positions are cached. Throws AppError `aborted`, `out-of-gpu-memory`, `device-lost`,
 * `message-too-long` for a context that the runner does not reach.
 */
export async function measureDecode(
  device: GPUDevice,
  runner: BenchRunner,
  context: number,
  options: DecodeOptions,
): Promise<DecodeMeasurement> {
  const startedAt = performance.now();
  // The first round shows how long a token takes; its few tokens count only if time is short.
  const first = await decodeRound(device, runner, context, 2, options.signal);
  const fitting = Math.round(options.roundMs / first.msPerToken);
  const tokens = Math.max(2, Math.min(MOST_TOKENS, fitting, Math.floor(context / 2)));
  const rounds: DecodeMeasurement[] = [];
  while (rounds.length < options.rounds) {
    const expectedMs = (tokens + LEAD) * first.msPerToken;
    const isLate = performance.now() - startedAt + expectedMs > options.budgetMs;
    if (isLate && rounds.length > 0) break;
    if (isLate && tokens === 2) return first;
    rounds.push(await decodeRound(device, runner, context, tokens, options.signal));
  }
  const of = (key: keyof DecodeMeasurement) => median(rounds.map((one) => one[key]));
  return {
    msPerToken: of('msPerToken'),
    tokens: tokens * rounds.length,
    cpuMsPerToken: of('cpuMsPerToken'),
    submitsPerToken: of('submitsPerToken'),
  };
}

/** The same tokens with the dispatches of some layers left out, for the part that is not layers. */
export function measureDecodeOf(
  device: GPUDevice,
  runner: BenchRunner,
  context: number,
  keep: Parameters<typeof tapDispatches>[1],
  options: DecodeOptions,
): Promise<DecodeMeasurement> {
  return measureDecode(device, filtered(device, runner, keep), context, options);
}

/** A runner whose tokens are encoded only in part. */
export function filtered(
  device: GPUDevice,
  runner: BenchRunner,
  keep: Parameters<typeof tapDispatches>[1],
): BenchRunner {
  return {
    architecture: runner.architecture,
    contextLength: runner.contextLength,
    tokens: runner.tokens,
    truncate: (position) => runner.truncate(position),
    prefill: (ids, signal) => runner.prefill(ids, signal),
    timing: () => runner.timing(),
    memory: () => runner.memory(),
    dispose: () => runner.dispose(),
    async *generate(options) {
      const tokens = runner.generate(options);
      try {
        while (true) {
          const next = await tapDispatches(device, keep, () => tokens.next());
          if (next.done) return;
          yield next.value;
        }
      } finally {
        await tokens.return(undefined);
      }
    },
  };
}

/** One round of `tokens` tokens after a few that fill the pipeline. Throws as `measureDecode`. */
export async function decodeRound(
  device: GPUDevice,
  runner: BenchRunner,
  context: number,
  tokens: number,
  signal: AbortSignal | undefined,
): Promise<DecodeMeasurement> {
  // As far as the tokens looked ahead reach, so that the cache does not grow while time is taken; then back.
  await assumeContext(device, runner, Math.min(context + AHEAD, runner.contextLength), signal);
  runner.truncate(Math.max(1, context - tokens - LEAD));
  return tapSubmits(device, async (times) => {
    let startedAt = 0;
    let endedAt = 0;
    let drawn = 0;
    const onToken = (done: number) => {
      drawn = done;
      endedAt = performance.now();
      if (done !== LEAD) return;
      startedAt = endedAt;
      times.encodeMs.length = 0;
      times.submitMs.length = 0;
    };
    await drawTokens(runner, LEAD + tokens, { onToken, signal });
    // A generation that is aborted, or reaches the end of the context, ends without a word.
    if (signal?.aborted) throw new AppError('aborted');
    if (drawn < LEAD + tokens) throw new AppError('message-too-long', { tokens: context });
    const submitsPerToken = times.submitMs.length / tokens;
    return {
      msPerToken: (endedAt - startedAt) / tokens,
      tokens,
      // Medians: where processors play the GPU, a submit may wait for all of them.
      cpuMsPerToken: (median(times.encodeMs) + median(times.submitMs)) * submitsPerToken,
      submitsPerToken,
    };
  });
}
