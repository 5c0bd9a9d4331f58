/** What a token costs on the host, and that what was computed ahead leaves no trace. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testGpu } from '../gpu/test-gpu';
import { type WatchedGpu, watchedGpu } from '../gpu/test-watched-gpu';
import { TEST_ARCHITECTURE } from '../models/test-package';
import { GREEDY } from './greedy';
import type { ModelRunner } from './model-runner';
import { createRunner } from './runner';
import { randomPackage } from './test-random-package';
import type { SamplerSettings } from './types';

const PROMPT = [5, 17, 99, 3, 250, 41, 8];

let watched: WatchedGpu;
let runner: ModelRunner;

beforeAll(async () => {
  watched = watchedGpu(await testGpu());
  const model = randomPackage({
    ...TEST_ARCHITECTURE,
    layers: 2,
    quantization: 'q4f16_1',
    contextLength: 1024,
  });
  runner = await createRunner(watched.gpu, model, { drawableVocab: 259 });
});
afterAll(() => runner.dispose());

async function start(): Promise<void> {
  runner.truncate(0);
  await runner.prefill(PROMPT);
}

async function draw(sampler: SamplerSettings, count: number, stopAfter = count): Promise<number[]> {
  const drawn: number[] = [];
  const options = { sampler, maxTokens: count, stopIds: new Set<number>() };
  for await (const { id } of runner.generate(options)) {
    drawn.push(id);
    if (drawn.length === stopAfter) break;
  }
  return drawn;
}

it('writes nothing and makes nothing per token, and submits each in one command buffer', async () => {
  for (const topLogprobs of [undefined, 3]) {
    await start();
    const options = {
      sampler: { ...GREEDY, topLogprobs },
      maxTokens: 60,
      stopIds: new Set<number>(),
      speculation: 'off',
    } as const;
    let drawn = 0;
    for await (const _token of runner.generate(options)) {
      drawn += 1;
      // The pace is known by then, and so is how far to look ahead.
      if (drawn === 12) watched.calls.clear();
      if (drawn === 32) break;
    }
    const { submit = 0, createCommandEncoder, ...rest } = Object.fromEntries(watched.calls);
    expect(rest).toEqual({});
    expect(createCommandEncoder).toBe(submit);
    // As many submits as tokens, but for a change of the look-ahead.
    expect(Math.abs(submit - 20)).toBeLessThanOrEqual(1);
  }
});

it('counts for penalties only what was kept, after leaving early and for the next answer', async () => {
  const sampler = { ...GREEDY, repetitionPenalty: 1.3, presencePenalty: 0.8, frequencyPenalty: 0.9 };
  await start();
  const whole = await draw(sampler, 24);
  await start();
  const parts = await draw(sampler, 24, 3);
  // A new answer counts what it drew itself for presence and frequency, and everything for repetition.
  const rest = await draw(sampler, 12);
  const ids = [...PROMPT, ...parts];
  expect(parts).toEqual(whole.slice(0, 3));

  runner.truncate(0);
  await runner.prefill(ids);
  expect(await draw(sampler, 12)).toEqual(rest);
  await start();
  expect(await draw(sampler, 24)).toEqual(whole);
});
