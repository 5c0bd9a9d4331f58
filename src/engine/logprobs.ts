import type { SampledToken } from './types';

/**
 * Log-probabilities under the raw softmax (temperature 1, nothing cut) of `logits` [vocab], in float64: the
 * drawn id's, and the `count` likeliest of the ids below `drawable`, best first, ties by id.
 */
export function withLogprobs(
  id: number,
  logits: Float32Array,
  count: number,
  drawable: number,
): SampledToken {
  let best = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < drawable; i++) best = Math.max(best, logits[i]!);
  let sum = 0;
  for (let i = 0; i < drawable; i++) sum += Math.exp(logits[i]! - best);
  const logSum = best + Math.log(sum);
  const top: { id: number; logprob: number }[] = [];
  for (let i = 0; i < drawable; i++) {
    const logprob = logits[i]! - logSum;
    if (top.length === count && !(logprob > (top.at(-1)?.logprob ?? Number.POSITIVE_INFINITY))) continue;
    const before = top.findIndex((other) => logprob > other.logprob);
    top.splice(before < 0 ? top.length : before, 0, { id: i, logprob });
    if (top.length > count) top.pop();
  }
  return { id, logprob: logits[id]! - logSum, topLogprobs: top };
}
