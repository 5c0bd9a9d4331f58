/** The pipeline between source and sink: what is under way at once, and how it ends when a part of it fails. */
import { expect, test } from 'vitest';
import { AppError } from '../core/errors';
import type { PackageSink } from '../formats/package-sink';
import type { BlockQuantizer } from './block-quantizer';
import { threadQuantizer } from './quantize-block';
import {
  checkpointFolder,
  convertFolder,
  memoryCheckpoint,
  randomTensors,
  TEST_CONFIG,
} from './test-checkpoint';
import { differences } from './test-interruptions';
import { MemoryPlace } from './test-sink';

const config = { ...TEST_CONFIG, num_hidden_layers: 6 };
const folder = checkpointFolder(randomTensors('BF16', config), config);
const small = { shardBytes: 20_000 };

/** Answers out of order, after a while, and counts. */
function slowQuantizer(parallel: number) {
  const thread = threadQuantizer();
  const seen = { most: 0, disposed: 0 };
  let running = 0;
  let calls = 0;
  const quantizer: BlockQuantizer = {
    parallel,
    async quantize(block) {
      seen.most = Math.max(seen.most, ++running);
      const delay = ++calls % 3;
      for (let i = 0; i < delay * 2; i++) await new Promise((resolve) => setTimeout(resolve));
      running--;
      return thread.quantize(block);
    },
    dispose: () => {
      seen.disposed++;
    },
  };
  return { quantizer, seen };
}

test('blocks done out of order make the same package, never more of them at once than agreed', async () => {
  const expected = await convertFolder(folder, 'q4f16_1', small);
  for (const parallel of [1, 3]) {
    const { quantizer, seen } = slowQuantizer(parallel);
    const made = await convertFolder(folder, 'q4f16_1', { ...small, quantizer });
    expect(differences(made, expected)).toEqual([]);
    expect(seen).toEqual({ most: parallel + 1, disposed: 0 });
  }
});

test('one shard is written while the next is filled, and no more', async () => {
  const place = new MemoryPlace();
  const inner = place.open();
  let [writing, most] = [0, 0];
  const sink: PackageSink = {
    ...inner,
    async write(file, bytes) {
      most = Math.max(most, ++writing);
      await new Promise((resolve) => setTimeout(resolve, 3));
      await inner.write(file, bytes);
      writing--;
    },
  };
  await convertFolder(folder, 'q4f16_1', { ...small, sink });
  expect(place.finished).toBeDefined();
  expect(most).toBe(1);
});

test.each<[string, BlockQuantizer['quantize'], string]>([
  ['a lost device', async () => Promise.reject(new AppError('device-lost')), 'device-lost'],
  ['a fault of the quantiser', async () => Promise.reject(new TypeError('oops')), 'internal'],
])('%s ends the conversion as itself, with the sink at rest', async (_, quantize, code) => {
  let calls = 0;
  const thread = threadQuantizer();
  const quantizer: BlockQuantizer = {
    parallel: 2,
    quantize: (block) => (++calls > 20 ? quantize(block) : thread.quantize(block)),
    dispose: () => {},
  };
  const place = new MemoryPlace();
  const sink = place.open();
  const options = { ...small, sink };
  const error = await convertFolder(folder, 'q4f16_1', { ...options, quantizer }).catch(AppError.from);
  expect(error).toMatchObject({ code });
  const steps: string[] = [];
  place.onStep = (step) => steps.push(step);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(steps).toEqual([]);
  await convertFolder(folder, 'q4f16_1', options);
  expect(differences(place.finished, await convertFolder(folder, 'q4f16_1', small))).toEqual([]);
});

test('a stop is heard while the source is silent', async () => {
  const stop = new AbortController();
  const files = memoryCheckpoint(folder);
  let isClosed = false;
  const silent = {
    ...files,
    stream: () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => {
          setTimeout(() => stop.abort(), 1);
          return new Promise<never>(() => {});
        },
        return: async () => {
          isClosed = true;
          return { done: true as const, value: undefined };
        },
      }),
    }),
  };
  const converting = convertFolder(folder, 'q4f16_1', { source: silent, signal: stop.signal });
  await expect(converting).rejects.toMatchObject({ code: 'aborted' });
  expect(isClosed).toBe(true);
});

test('a stop before the start reads nothing', async () => {
  const list = () => Promise.reject(new Error('read'));
  const source = { ...memoryCheckpoint(folder), list, read: list };
  const signal = AbortSignal.abort();
  await expect(convertFolder(folder, 'q4f16_1', { source, signal })).rejects.toMatchObject({
    code: 'aborted',
  });
});
