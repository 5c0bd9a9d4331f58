/** Guessing ahead changes nothing but the time: every answer is the one of the plain loop, however it ends. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Gpu } from '../../gpu/device';
import { testGpu } from '../../gpu/test-gpu';
import { TEST_ARCHITECTURE } from '../../models/test-package';
import { GREEDY } from '../greedy';
import type { ModelRunner } from '../model-runner';
import { createRunner } from '../runner';
import { randomPackage } from '../test-random-package';
import type { GenerateOptions, SamplerSettings } from '../types';

/** A text that quotes itself, so that there is something to guess from at once. */
const QUOTED = [5, 17, 99, 3, 250, 41, 8, 77, 120, 31];
const PROMPT = [...QUOTED, 200, 201, ...QUOTED, 202, 203, ...QUOTED.slice(0, 4)];
const NEVER: ReadonlySet<number> = new Set();

const model = randomPackage({ ...TEST_ARCHITECTURE, quantization: 'q4f16_1', contextLength: 1200 });
let gpu: Gpu;
let runner: ModelRunner;
/** Where a greedy answer has fallen into a loop, as such models do: nearly all that follows can be guessed. */
let loop: { readonly prompt: readonly number[]; readonly rest: readonly number[] };

beforeAll(async () => {
  gpu = await testGpu();
  runner = await createRunner(gpu, model, { drawableVocab: 259 });
  await start();
  const drawn = await draw(140, 'off');
  loop = { prompt: [...PROMPT, ...drawn.slice(0, 110)], rest: drawn.slice(110) };
});
afterAll(() => runner.dispose());

async function draw(
  maxTokens: number,
  speculation: 'off' | 'auto' | 'always',
  more: Partial<GenerateOptions> = {},
  from = runner,
): Promise<number[]> {
  const drawn: number[] = [];
  const options = { sampler: GREEDY, maxTokens, stopIds: NEVER, speculation, ...more };
  for await (const { id } of from.generate(options)) drawn.push(id);
  return drawn;
}

async function start(ids: readonly number[] = PROMPT): Promise<void> {
  runner.truncate(0);
  await runner.prefill(ids);
}

/** What `work` guessed ahead. */
async function guesses(work: () => Promise<unknown>): Promise<{ drafted: number; accepted: number }> {
  const before = runner.timing();
  await work();
  const after = runner.timing();
  return {
    drafted: after.draftedTokens - before.draftedTokens,
    accepted: after.acceptedTokens - before.acceptedTokens,
  };
}

/** Software adapters take long over a draw that is not greedy. */
const DRAWS: readonly (Partial<SamplerSettings> & { tokens: number })[] = [
  { tokens: 110, temperature: 0 },
  { tokens: 110, temperature: 0, repetitionPenalty: 1.02, presencePenalty: 0.05, frequencyPenalty: 0.03 },
  { tokens: 60, temperature: 0.3, topK: 12, topP: 0.9, seed: 2 },
  { tokens: 60, temperature: 0.2, repetitionPenalty: 1.01, frequencyPenalty: 0.02, topP: 0.95, seed: 3 },
];

it.each(DRAWS)('draws what the plain loop draws with %o', async ({ tokens, ...settings }) => {
  const sampler = { ...GREEDY, ...settings };
  await start(loop.prompt.slice(0, -20));
  const plain = await draw(tokens, 'off', { sampler });
  await start(loop.prompt.slice(0, -20));
  const { drafted, accepted } = await guesses(async () => {
    expect(await draw(tokens, 'always', { sampler })).toEqual(plain);
  });
  console.info(`${accepted} of ${drafted} guesses right`);
  expect(accepted).toBeGreaterThan(0);
});

it('ends within a guess at the limit, and goes on from there without one', async () => {
  const { prompt, rest } = loop;
  for (const count of [2, 5, 8]) {
    await start(prompt);
    expect(await draw(count, 'always')).toEqual(rest.slice(0, count));
    expect(await draw(3, 'off')).toEqual(rest.slice(count, count + 3));
  }
});

it('ends within a guess at a stop id, and knows what it has yielded', async () => {
  const { prompt, rest } = loop;
  const length = rest.indexOf(rest[1]!) + 1;
  expect(length).toBe(2);
  await start(prompt);
  const { accepted } = await guesses(async () => {
    expect(await draw(30, 'always', { stopIds: new Set([rest[1]!]) })).toEqual(rest.slice(0, length));
  });
  expect(accepted).toBeGreaterThan(2);
  expect(runner.tokens).toEqual([...prompt, ...rest.slice(0, length)]);
  expect(await draw(9, 'always')).toEqual(rest.slice(length, length + 9));
});

it('can be left within a guess', async () => {
  const { prompt, rest } = loop;
  await start(prompt);
  let left = 4;
  const options = { sampler: GREEDY, maxTokens: 30, stopIds: NEVER, speculation: 'always' } as const;
  for await (const _ of runner.generate(options)) if (--left === 0) break;
  expect(runner.tokens).toEqual([...prompt, ...rest.slice(0, 4)]);
  expect(await draw(5, 'off')).toEqual(rest.slice(4, 9));
});

it('ends where the context does', async () => {
  const { prompt, rest } = loop;
  for (const room of [1, 6]) {
    const options = { drawableVocab: 259, contextLength: prompt.length + room };
    const small = await createRunner(gpu, model, options);
    await small.prefill(prompt);
    expect(await draw(30, 'always', {}, small)).toEqual(rest.slice(0, room));
    small.dispose();
  }
});

it('ends soon when aborted, and the next answer knows nothing of it', async () => {
  const sampler = { ...GREEDY, frequencyPenalty: 0.05 };
  await start(loop.prompt);
  const whole = await draw(24, 'off', { sampler });
  for (const [count, isLater] of [
    [1, true],
    [7, true],
    [5, false],
  ] as const) {
    await start(loop.prompt);
    const stop = new AbortController();
    const drawn: number[] = [];
    const options = { sampler, maxTokens: 24, stopIds: NEVER, signal: stop.signal };
    for await (const { id } of runner.generate({ ...options, speculation: 'always' })) {
      drawn.push(id);
      if (drawn.length !== count) continue;
      if (isLater) setTimeout(() => stop.abort());
      else stop.abort();
    }
    if (!isLater) expect(drawn.length).toBe(count);
    expect(drawn).toEqual(whole.slice(0, drawn.length));
    await start(loop.prompt);
    expect(await draw(24, 'always', { sampler })).toEqual(whole);
  }
});

it('finds out by itself whether it is worth it, and is right either way', async () => {
  await start(loop.prompt);
  const plain = await draw(70, 'off');
  await start(loop.prompt);
  const { drafted, accepted } = await guesses(async () => {
    expect(await draw(70, 'auto')).toEqual(plain);
  });
  console.info(`left to itself: ${accepted} of ${drafted} guesses right`);
  expect(drafted).toBeGreaterThanOrEqual(accepted);
});

it('guesses nothing in a runner that was made without', async () => {
  const { prompt, rest } = loop;
  const plain = await createRunner(gpu, model, { drawableVocab: 259, engine: { speculation: 'off' } });
  await plain.prefill(prompt);
  expect(await draw(9, 'always', {}, plain)).toEqual(rest.slice(0, 9));
  expect(plain.timing().draftedTokens).toBe(0);
  plain.dispose();
});

it('guesses nothing where log-probabilities are wanted', async () => {
  await start(loop.prompt);
  const { drafted } = await guesses(() => draw(8, 'always', { sampler: { ...GREEDY, topLogprobs: 2 } }));
  expect(drafted).toBe(0);
});
