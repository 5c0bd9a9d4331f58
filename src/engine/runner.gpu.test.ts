/** What a runner promises beyond right numbers: accounting, growth, aborts, errors. On a model made in the test. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AppError } from '../core/errors';
import type { Gpu } from '../gpu/device';
import { testGpu } from '../gpu/test-gpu';
import { watchedGpu } from '../gpu/test-watched-gpu';
import type { ModelPackage } from '../models/package';
import { TEST_ARCHITECTURE } from '../models/test-package';
import { GREEDY } from './greedy';
import type { ModelRunner } from './model-runner';
import { createRunner } from './runner';
import { randomPackage } from './test-random-package';
import type { GenerateOptions, SampledToken } from './types';

const PROMPT = [5, 17, 99, 3, 250, 41, 8];
const NEVER: ReadonlySet<number> = new Set();

let gpu: Gpu;
const model = randomPackage({
  ...TEST_ARCHITECTURE,
  layers: 2,
  quantization: 'q4f16_1',
  contextLength: 2100,
});
let runner: ModelRunner;

beforeAll(async () => {
  gpu = await testGpu();
  runner = await createRunner(gpu, model, { drawableVocab: 259 });
});
afterAll(() => runner.dispose());

async function draw(count: number, more: Partial<GenerateOptions> = {}): Promise<SampledToken[]> {
  const drawn: SampledToken[] = [];
  for await (const token of runner.generate({ sampler: GREEDY, maxTokens: count, stopIds: NEVER, ...more })) {
    drawn.push(token);
  }
  return drawn;
}

async function start(ids: readonly number[] = PROMPT): Promise<void> {
  runner.truncate(0);
  await runner.prefill(ids);
}

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: unknown) => AppError.from(error).code,
  );

it('keeps account of what was prefilled and drawn', async () => {
  await start();
  const drawn = await draw(6);
  expect(runner.tokens).toEqual([...PROMPT, ...drawn.map(({ id }) => id)]);
});

it('goes on after an answer as if it had never stopped', async () => {
  await start();
  const whole = await draw(9);
  await start();
  const parts = [...(await draw(4)), ...(await draw(1)), ...(await draw(4))];
  expect(parts).toEqual(whole);
});

it('gives the same logits for a prompt fed whole, in parts, token by token, or after a truncation', async () => {
  await start();
  const whole = await runner.readLogits();
  await start(PROMPT.slice(0, 2));
  await runner.prefill(PROMPT.slice(2, 6));
  await runner.prefill(PROMPT.slice(6));
  expect(closeTo(await runner.readLogits(), whole)).toBe(true);
  await draw(5);
  runner.truncate(PROMPT.length);
  expect(closeTo(await runner.readLogits(), whole)).toBe(true);
});

it('stops at a stop id, and the next answer is not disturbed by what was computed ahead', async () => {
  await start();
  const whole = await draw(8);
  await start();
  const stopIds = new Set([whole[2]!.id]);
  const drawn = await draw(8, { stopIds });
  expect(drawn.at(-1)!.id).toBe(whole[2]!.id);
  const rest = await draw(8 - drawn.length);
  expect([...drawn, ...rest]).toEqual(whole);
});

it('can be left early and used again', async () => {
  await start();
  const whole = await draw(5);
  await start();
  for await (const token of runner.generate({ sampler: GREEDY, maxTokens: 50, stopIds: NEVER })) {
    expect(token).toEqual(whole[0]);
    break;
  }
  expect(runner.tokens.length).toBe(PROMPT.length + 1);
  expect(await draw(4)).toEqual(whole.slice(1));
});

it('ends soon and quietly when aborted', async () => {
  await start();
  const stop = new AbortController();
  const drawn: number[] = [];
  const options = { sampler: GREEDY, maxTokens: 500, stopIds: NEVER, signal: stop.signal };
  for await (const { id } of runner.generate(options)) {
    drawn.push(id);
    if (drawn.length === 3) stop.abort();
  }
  expect(drawn.length).toBe(3);
  expect(await code(runner.prefill([1], stop.signal))).toBe('aborted');
  expect(await code(runner.prefill([1]))).toBe('done');
});

it('repeats a draw with its seed', async () => {
  const sampler = { ...GREEDY, temperature: 1.5, seed: 7 };
  await start();
  const first = await draw(10, { sampler });
  await start();
  expect(await draw(10, { sampler })).toEqual(first);
  await start();
  expect(await draw(10, { sampler: { ...sampler, seed: 8 } })).not.toEqual(first);
});

it('reports log-probabilities of what it draws', async () => {
  await start();
  const plain = await draw(3);
  await start();
  const drawn = await draw(3, { sampler: { ...GREEDY, topLogprobs: 4 } });
  expect(drawn.map(({ id }) => id)).toEqual(plain.map(({ id }) => id));
  for (const { id, logprob, topLogprobs } of drawn) {
    expect(topLogprobs?.length).toBe(4);
    expect(topLogprobs?.[0]).toEqual({ id, logprob });
  }
});

it('grows its cache without losing anything', async () => {
  const ids = Array.from({ length: 1020 }, (_, i) => (i * 37) % 256);
  await start(ids);
  const before = runner.memory().kvBytes;
  const drawn = await draw(12);
  expect(runner.memory().kvBytes).toBeGreaterThan(before);
  await start([...ids, ...drawn.slice(0, 11).map(({ id }) => id)]);
  expect(await draw(1)).toEqual(drawn.slice(11));
});

it('stops where the context ends and refuses more', async () => {
  const small = await createRunner(gpu, model, { contextLength: 10 });
  try {
    await small.prefill(PROMPT);
    const drawn: number[] = [];
    for await (const { id } of small.generate({ sampler: GREEDY, maxTokens: 50, stopIds: NEVER }))
      drawn.push(id);
    expect(drawn.length).toBe(3);
    await expect(small.prefill([1])).rejects.toMatchObject({
      code: 'message-too-long',
      details: { tokens: 11, limit: 10, excessTokens: 1 },
    });
  } finally {
    small.dispose();
  }
  expect(await code(small.prefill([1]))).toBe('not-loaded');
});

it('refuses ids outside the vocabulary, a second operation at a time, and draws from nothing', async () => {
  await start();
  expect(await code(runner.prefill([260]))).toBe('parameter-out-of-range');
  expect(runner.tokens).toEqual(PROMPT);
  const first = runner.prefill([1, 2]);
  expect(await code(runner.prefill([3]))).toBe('busy');
  await first;
  runner.truncate(0);
  expect(await code(draw(1))).toBe('message-empty');
});

it('frees what it uploaded when the upload is aborted', async () => {
  const stop = new AbortController();
  const onProgress = () => stop.abort();
  expect(await code(createRunner(gpu, model, { onProgress, signal: stop.signal }))).toBe('aborted');
});

it('finds out that the memory is too small before it reads anything', async () => {
  const watched = watchedGpu(gpu);
  watched.refusals = 1;
  let reads = 0;
  const readTensor: ModelPackage['readTensor'] = (...args) => {
    reads += 1;
    return model.readTensor(...args);
  };
  const counted = { ...model, readTensor };
  await expect(createRunner(watched.gpu, counted)).rejects.toMatchObject({
    code: 'out-of-gpu-memory',
    details: { neededBytes: runner.memory().weightsBytes },
  });
  expect(reads).toBe(0);
  expect(watched.calls.get('popErrorScope')).toBe(1);
});

it('says what went wrong in reading, and stops there', async () => {
  let reads = 0;
  const readTensor: ModelPackage['readTensor'] = async (name, ...rows) => {
    reads += 1;
    if (reads > 5) throw new AppError('file-truncated', { file: name });
    return model.readTensor(name, ...rows);
  };
  expect(await code(createRunner(gpu, { ...model, readTensor }))).toBe('file-truncated');
  // Those that were on their way may come in.
  expect(reads).toBeLessThan(12);
});

function closeTo(found: Float32Array, expected: Float32Array): boolean {
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return found.every((value, i) => Math.abs(value - expected[i]!) < 2e-3 * scale);
}
