import { afterAll, expect, test } from 'vitest';
import type { QuantizeBlock } from '../convert/block-quantizer';
import { quantizeBlock } from '../convert/quantize-block';
import { bytesIn, hardGroups } from '../convert/test-groups';
import { nodeQuantizer } from './node-quantizer';

const pool = await nodeQuantizer(1 << 30, 2);
afterAll(() => pool.dispose());

const block = (seed: number): QuantizeBlock => ({
  bytes: bytesIn('F16', hardGroups(seed, 20)),
  dtype: 'F16',
  width: 32,
  scales: 'float16',
  rounding: seed % 2 === 0 ? 'search' : 'plain',
});

test('threads give the bytes of the calling thread, each for its own block', async () => {
  expect(pool.parallel).toBe(4);
  const seeds = [1, 2, 3, 4, 5, 6, 7];
  const found = await Promise.all(seeds.map((seed) => pool.quantize(block(seed))));
  expect(found).toEqual(seeds.map((seed) => quantizeBlock(block(seed))));
});

test('takes the buffer over', async () => {
  const given = block(1);
  await pool.quantize(given);
  expect(given.bytes.buffer.byteLength).toBe(0);
});

test('tells of a bad group like any other answer', async () => {
  const given = block(2);
  new Uint16Array(given.bytes.buffer)[40] = 0x7c00;
  expect((await pool.quantize(given)).badGroup).toBe(1);
});

test('small checkpoints stay on the calling thread', async () => {
  expect((await nodeQuantizer(1 << 20, 2)).parallel).toBe(1);
});
