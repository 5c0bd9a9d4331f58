/** Several cached conversations on a real adapter: nothing is paid for twice, nothing is ever mixed up. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../core/errors';
import { testGpu } from '../gpu/test-gpu';
import { type WatchedGpu, watchedGpu } from '../gpu/test-watched-gpu';
import type { Architecture } from '../models/architecture';
import { TEST_ARCHITECTURE } from '../models/test-package';
import { GREEDY } from './greedy';
import { KvCache } from './kv-cache';
import type { ModelRunner } from './model-runner';
import { createRunner } from './runner';
import { SequenceSet } from './sequence-set';
import { randomPackage } from './test-random-package';

const text = (seed: number, count: number) => Array.from({ length: count }, (_, i) => (seed + i * 37) % 256);
/** One chunk, however fast the adapter, so that computing it again gives the same bits. */
const PREFIX = text(1, 60);

const ARCHITECTURE: Architecture = {
  ...TEST_ARCHITECTURE,
  layers: 4,
  quantization: 'q4f16_1',
  // As much as eight short sequences take.
  contextLength: 8192,
};
let watched: WatchedGpu;
/** One for all tests, which use texts of their own, since compiling its kernels is what takes long. */
let runner: ModelRunner;
let shortBytes: number;

beforeAll(async () => {
  watched = watchedGpu(await testGpu());
  runner = await createRunner(watched.gpu, randomPackage(ARCHITECTURE), { drawableVocab: 259 });
  shortBytes = runner.memory().kvBytes;
});
afterAll(() => runner?.dispose());

/** Goes on with `ids` as the engine does. */
async function goOn(ids: readonly number[]): Promise<void> {
  await runner.prefill(ids.slice(await runner.resume(ids)));
}

/** Goes on with `ids`; how many tokens had to be computed. */
async function feed(ids: readonly number[]): Promise<number> {
  const before = runner.timing().prefillTokens;
  await goOn(ids);
  expect(runner.tokens).toEqual(ids);
  return runner.timing().prefillTokens - before;
}

async function draw(count: number): Promise<number[]> {
  const drawn: number[] = [];
  const options = {
    sampler: GREEDY,
    maxTokens: count,
    stopIds: new Set<number>(),
    speculation: 'off',
  } as const;
  for await (const { id } of runner.generate(options)) drawn.push(id);
  return drawn;
}

it('a fork gives the same bits as computing anew, and the original is what it was', async () => {
  const rest = text(7, 20);
  const original = [...PREFIX, ...text(90, 100)];
  await feed(PREFIX);
  await runner.prefill(rest);
  const anew = await runner.readLogits();
  runner.truncate(0);
  await feed(PREFIX);
  await runner.prefill(original.slice(60));
  const ofOriginal = await runner.readLogits();

  expect(await feed([...PREFIX, ...rest])).toBe(rest.length);
  expect(runner.memory().kvBytes).toBe(2 * shortBytes);
  expect(await runner.readLogits()).toEqual(anew);

  expect(await feed([...original, 5])).toBe(1);
  runner.truncate(original.length);
  expect(closeTo(await runner.readLogits(), ofOriginal)).toBe(true);
});

it('switching between conversations computes only what is new', async () => {
  const a = text(1, 300);
  const b = text(50, 200);
  await feed(a);
  const answerToA = await draw(80);
  expect(await feed(b)).toBe(200);
  const answerToB = await draw(5);

  // The token drawn last was never fed.
  const followUp = [...a, ...answerToA, ...text(3, 10)];
  expect(await feed(followUp)).toBe(11);
  const longer = await draw(3);
  expect(await feed([...b, ...answerToB, 9])).toBe(2);
  // Regenerated: the long answer stays, and is gone back to.
  expect(await feed(a)).toBe(1);
  expect(await draw(80)).toEqual(answerToA);
  expect(await feed([...followUp, ...longer, 4])).toBe(2);

  const switched = await draw(4);
  runner.truncate(0);
  await runner.prefill([...followUp, ...longer, 4]);
  expect(await draw(4)).toEqual(switched);
});

it('keeps four, and gives up the one unused for longest', async () => {
  const texts = [0, 1, 2, 3, 4].map((index) => text(100 + index, 100));
  for (const ids of texts) await feed(ids);
  expect(runner.memory().kvBytes).toBe(4 * shortBytes);
  expect(await feed([...texts[4]!, 1])).toBe(1);
  expect(await feed([...texts[3]!, 1])).toBe(1);
  expect(await feed([...texts[0]!, 1])).toBe(101);
});

it('broken off within a prompt keeps what was read of it and all of the others', async () => {
  const other = text(140, 300);
  // More than two of the longest chunks.
  const long = text(170, 1100);
  await feed(other);
  let kept = 0;
  for (const submits of [0, 1, 1]) {
    expect(await runner.resume(long)).toBe(kept);
    let asked = 0;
    const signal = {
      get aborted() {
        asked += 1;
        return asked > submits;
      },
    } as AbortSignal;
    await expect(runner.prefill(long.slice(kept), signal)).rejects.toMatchObject({ code: 'aborted' });
    kept = runner.tokens.length;
    expect(runner.tokens).toEqual(long.slice(0, kept));
    expect(await feed([...other, 7])).toBe(1);
  }
  expect(await feed(long)).toBe(long.length - kept);
  const pieced = await runner.readLogits();
  runner.truncate(0);
  await runner.prefill(long);
  expect(closeTo(pieced, await runner.readLogits())).toBe(true);
});

describe('when memory is full', () => {
  const code = (promise: Promise<unknown>) =>
    promise.then(
      () => 'done',
      (error: unknown) => AppError.from(error).code,
    );
  /** Sequences without a model: nothing is computed, `fed` says what was. */
  async function sequences() {
    const create = () => KvCache.create(watched.gpu, ARCHITECTURE, ARCHITECTURE.contextLength);
    const set = new SequenceSet({
      first: await create(),
      create,
      bind: async () => {},
      whenIdle: () => watched.gpu.device.queue.onSubmittedWorkDone(),
      contextLength: ARCHITECTURE.contextLength,
      budgetBytes: 0,
    });
    const fed = async (ids: readonly number[]) => {
      const kept = await set.resume(ids);
      await set.reserve(ids.length);
      set.current.tokens.push(...ids.slice(kept));
      set.current.cached = ids.length;
      return kept;
    };
    return { set, fed };
  }

  it('works where it is instead of on a copy, and does not try again', async () => {
    const { set, fed } = await sequences();
    const whole = text(1, 300);
    await fed(whole);
    watched.refusals = 1;
    expect(await fed([...whole.slice(0, 100), 7, 8])).toBe(100);
    expect(watched.refusals).toBe(0);
    expect(await fed([...text(9, 200)])).toBe(0);
    expect(set.bytes).toBe(shortBytes);
    set.destroy();
  });

  it('drops what is not in use before a growth fails, and loses nothing when it does', async () => {
    const { set, fed } = await sequences();
    await fed(text(1, 100));
    await fed(text(5, 1000));
    expect(set.bytes).toBe(2 * shortBytes);
    watched.refusals = 1;
    expect(await code(set.reserve(1030))).toBe('done');
    // One of twice the size instead of two.
    expect(set.bytes).toBe(2 * shortBytes);
    expect(set.current.cached).toBe(1000);
    expect(await fed([...text(5, 1000), 3])).toBe(1000);

    watched.refusals = 1;
    expect(await code(set.reserve(2100))).toBe('out-of-gpu-memory');
    expect(set.current.kv.buffers.capacity).toBe(2048);
    expect(await fed([...text(5, 1000), 3, 4])).toBe(1001);
    set.destroy();
  });

  it('makes room in the budget for the one in use', async () => {
    const { set, fed } = await sequences();
    for (const seed of [20, 21, 22, 23]) await fed(text(seed, 100));
    await fed([...text(23, 100), ...text(30, 4200)]);
    expect(set.bytes).toBe(8 * shortBytes);
    expect(await fed([...text(22, 100), 1])).toBe(0);
    set.destroy();
  });
});

it('goes on behind 1,000 cached tokens in less than the time of two', async () => {
  const ms: Record<'token' | 'followUp' | 'fork', number[]> = { token: [], followUp: [], fork: [] };
  const timed = async (of: number[], run: () => Promise<unknown>) => {
    const startedAt = performance.now();
    await run();
    of.push(performance.now() - startedAt);
  };
  const text1000 = text(200, 1000);
  const conversation = [...text1000, ...text(2, 100)];
  await feed(conversation);
  for (let round = 0; round < 5; round++) {
    await timed(ms.followUp, () => goOn([...conversation, 40 + round]));
    // The token before the first is there already, so eight draws are seven forward passes.
    await timed(ms.token, () => draw(8));
    // As many sequences as there may be, then over the least recent.
    await timed(ms.fork, () => goOn([...text1000, 60 + round]));
    await runner.prefill(text(round, 66));
  }
  // Other programs only ever add to a time.
  const token = Math.min(...ms.token) / 7;
  const [followUp, fork] = [Math.min(...ms.followUp), Math.min(...ms.fork)];
  console.log(
    `token ${token.toFixed(2)} ms, follow-up ${(followUp / token).toFixed(2)}, fork ${(fork / token).toFixed(2)} tokens`,
  );
  expect(followUp).toBeLessThan(2 * token);
  expect(fork).toBeLessThan(2 * token);
});

function closeTo(found: Float32Array, expected: Float32Array): boolean {
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return found.every((value, i) => Math.abs(value - expected[i]!) < 2e-3 * scale);
}
