/**
 * Guessing ahead on a text that repeats itself, where it can gain most. The model is random and so would be its text:
 * only a few ids are allowed, among which greedy draws soon go in circles. Guessing changes nothing of what is drawn.
 */
import { AppError } from '../core/errors';
import { GREEDY } from '../engine/greedy';
import type { SamplerSettings } from '../engine/types';
import { assumeContext, type BenchRunner, drawTokens } from './bench-runner';
import type { ShapeJob } from './shape-job';
import type { SpeculationResult } from './types';

const ALLOWED_IDS = 6;
/** More than any logit of a random model. */
const BIAS = 1e4;
/** Drawn before time is taken: until the circle is closed, and each width of guesses was tried. */
const LEAD = 24;
const FEWEST_TOKENS = 16;
const MOST_TOKENS = 256;

const FEW_IDS: SamplerSettings = {
  ...GREEDY,
  logitBias: new Map(Array.from({ length: ALLOWED_IDS }, (_, id) => [id + 1, BIAS])),
};

/** Throws AppError `aborted`, `out-of-gpu-memory`, `device-lost`, `message-too-long`. */
export async function benchSpeculation(job: ShapeJob, runner: BenchRunner): Promise<SpeculationResult> {
  const { repeatedContext, repeatedRoundMs } = job.pace;
  const off = await circle(job, runner, 'off', FEWEST_TOKENS);
  const fitting = Math.round((repeatedRoundMs / 1000) * off.tokensPerSecond);
  const room = runner.contextLength - repeatedContext - LEAD - 8;
  const tokens = Math.max(FEWEST_TOKENS, Math.min(MOST_TOKENS, fitting, room));
  const plain = tokens === FEWEST_TOKENS ? off : await circle(job, runner, 'off', tokens);
  const guessed = await circle(job, runner, 'always', tokens);
  return {
    contextTokens: repeatedContext,
    offTokensPerSecond: plain.tokensPerSecond,
    onTokensPerSecond: guessed.tokensPerSecond,
    speedup: guessed.tokensPerSecond / plain.tokensPerSecond,
    draftedTokens: guessed.draftedTokens,
    acceptedTokens: guessed.acceptedTokens,
  };
}

async function circle(
  { gpu, pace, signal }: ShapeJob,
  runner: BenchRunner,
  speculation: 'off' | 'always',
  tokens: number,
): Promise<{ tokensPerSecond: number; draftedTokens: number; acceptedTokens: number }> {
  await assumeContext(gpu.device, runner, pace.repeatedContext, signal);
  let before = runner.timing();
  let startedAt = 0;
  let drawn = 0;
  await drawTokens(runner, LEAD + tokens, {
    sampler: FEW_IDS,
    speculation,
    signal,
    onToken: (count) => {
      drawn = count;
      if (count !== LEAD) return;
      startedAt = performance.now();
      before = runner.timing();
    },
  });
  const elapsedMs = performance.now() - startedAt;
  if (signal?.aborted) throw new AppError('aborted');
  if (drawn < LEAD + tokens) throw new AppError('message-too-long', { tokens: pace.repeatedContext });
  const after = runner.timing();
  return {
    tokensPerSecond: (tokens / elapsedMs) * 1000,
    draftedTokens: after.draftedTokens - before.draftedTokens,
    acceptedTokens: after.acceptedTokens - before.acceptedTokens,
  };
}
