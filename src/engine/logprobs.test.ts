import { expect, it } from 'vitest';
import { withLogprobs } from './logprobs';

it('gives the raw log-probabilities of the drawn and of the likeliest tokens', () => {
  const logits = Float32Array.of(1, 3, 2, 3, 50);
  const sum = Math.log(Math.exp(1) + 2 * Math.exp(3) + Math.exp(2));
  const token = withLogprobs(2, logits, 3, 4); // the fifth row is padding
  expect(token.id).toBe(2);
  expect(token.logprob).toBeCloseTo(2 - sum, 12);
  expect(token.topLogprobs?.map(({ id }) => id)).toEqual([1, 3, 2]);
  expect(token.topLogprobs?.[0]?.logprob).toBeCloseTo(3 - sum, 12);
});

it('reports the drawn token alone when no alternatives are wanted', () => {
  expect(withLogprobs(0, Float32Array.of(0, 0), 0, 2)).toEqual({
    id: 0,
    logprob: -Math.log(2),
    topLogprobs: [],
  });
});
