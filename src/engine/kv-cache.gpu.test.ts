import { expect, it } from 'vitest';
import { readBuffer, testGpu } from '../gpu/test-gpu';
import type { KvFormat } from '../kernels/types';
import type { Architecture } from '../models/architecture';
import { KvCache, kvRowBytes, maxKvPositions } from './kv-cache';

const ARCHITECTURE = {
  layers: 2,
  kvHeads: 3,
  headDim: 12,
  ropeTheta: 10000,
  ropeFactor: 1,
} as Architecture;

const FORMATS: readonly KvFormat[] = ['f16', 'int8'];

/** What a row starts with: tells layer, tensor, head and position apart. */
const mark = (layer: number, tensor: number, head: number, position: number) =>
  1 + position + 5000 * (head + 3 * (tensor + 2 * layer));

/** Where in u32 words a row lies, and where its scale. */
function places({ format, capacity }: KvCache['buffers'], head: number, position: number): number[] {
  const { kvHeads, headDim } = ARCHITECTURE;
  const row = head * capacity + position;
  if (format === 'f16') return [(row * headDim) / 2];
  return [(row * headDim) / 4, (kvHeads * capacity * headDim) / 4 + row];
}

async function fill(cache: KvCache, device: GPUDevice): Promise<void> {
  for (const [layer, { k, v }] of cache.buffers.layers.entries())
    for (const [tensor, buffer] of [k, v].entries()) {
      const words = new Uint32Array(buffer.size / 4);
      for (let head = 0; head < 3; head++)
        for (let position = 0; position < cache.buffers.capacity; position++)
          for (const at of places(cache.buffers, head, position))
            words[at] = mark(layer, tensor, head, position);
      device.queue.writeBuffer(buffer, 0, words);
    }
}

async function check(cache: KvCache, device: GPUDevice, positions: number): Promise<void> {
  for (const [layer, { k, v }] of cache.buffers.layers.entries())
    for (const [tensor, buffer] of [k, v].entries()) {
      const words = new Uint32Array(await readBuffer(device, buffer));
      const found: (number | undefined)[] = [];
      const expected: number[] = [];
      for (let head = 0; head < 3; head++)
        for (let position = 0; position < positions; position++)
          for (const at of places(cache.buffers, head, position)) {
            found.push(words[at]);
            expected.push(mark(layer, tensor, head, position));
          }
      expect(found).toEqual(expected);
    }
}

it.each(FORMATS)('%s: grows by doubling and keeps what is there', async (format) => {
  const gpu = await testGpu();
  const cache = await KvCache.create(gpu, ARCHITECTURE, 3000, format);
  await fill(cache, gpu.device);
  const before = cache.buffers;
  expect(await cache.ensure(1024)).toBe(false);
  expect(cache.buffers).toBe(before);
  expect(await cache.ensure(1025)).toBe(true);
  expect(cache.buffers.capacity).toBe(2048);
  await check(cache, gpu.device, 1024);
  expect(await cache.ensure(2100)).toBe(true);
  expect(cache.buffers.capacity).toBe(3000);
  await check(cache, gpu.device, 1024);
  expect(cache.bytes).toBe(3000 * (4 * kvRowBytes(ARCHITECTURE, format) + 12 * 4));
  cache.destroy();
});

it.each(FORMATS)('%s: copies another cache at any capacity', async (format) => {
  const gpu = await testGpu();
  const create = () => KvCache.create(gpu, ARCHITECTURE, 4096, format);
  const source = await create();
  await source.ensure(2000);
  await fill(source, gpu.device);
  for (const [capacity, positions, expected] of [
    [1, 7, 1024],
    [1, 1025, 2048],
    [2000, 100, 2048],
    [2000, 1999, 2048],
    [4096, 1500, 4096],
    [1, 0, 1024],
  ] as const) {
    const cache = await create();
    await cache.ensure(capacity);
    await cache.copyFrom(source, positions);
    expect(cache.buffers.capacity).toBe(expected);
    await check(cache, gpu.device, positions);
    cache.destroy();
  }
  await expect((await create()).copyFrom(source, 2049)).rejects.toMatchObject({ code: 'internal' });
  source.destroy();
});

it('refuses another format', async () => {
  const gpu = await testGpu();
  const [one, other] = await Promise.all(
    FORMATS.map((format) => KvCache.create(gpu, ARCHITECTURE, 64, format)),
  );
  await expect(one!.copyFrom(other!, 1)).rejects.toMatchObject({ code: 'internal' });
});

it('counts the bytes of both formats', async () => {
  const gpu = await testGpu();
  const shape = { ...ARCHITECTURE, kvHeads: 32, headDim: 128 };
  expect(kvRowBytes(shape)).toBe(8192);
  expect(kvRowBytes(shape, 'int8')).toBe(32 * 132);
  const limit = { ...gpu, maxBindingBytes: 128 << 20 };
  expect(maxKvPositions(limit, shape)).toBe(16384);
  expect(maxKvPositions(limit, shape, 'int8')).toBe(31775);
});
