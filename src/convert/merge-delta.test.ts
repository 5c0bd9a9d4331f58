import { expect, test } from 'vitest';
import { fromBfloat, fromHalf, toHalf } from '../core/half';
import { openCheckpoint } from '../formats/checkpoint';
import type { CheckpointSource } from '../formats/checkpoint-types';
import { concat, memoryFiles, rawSafetensors, safetensors, type TestTensor } from '../formats/test-files';
import { mergeDelta } from './merge-delta';
import { randomTensor } from './test-checkpoint';

const open = (tensors: Record<string, TestTensor>): Promise<CheckpointSource> =>
  openCheckpoint(memoryFiles(new Map([['model.safetensors', safetensors(tensors)]])));

const NAME = 'model.layers.0.mlp.up_proj.weight';

/** [1600, 1536], finite numbers of both signs below 1. */
function pattern(dtype: TestTensor['dtype'], factor: number): TestTensor {
  const shape = [1600, 1536];
  const count = shape[0]! * shape[1]!;
  const isWide = dtype === 'F32';
  const values = isWide ? new Float32Array(count) : new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    const bits = Math.imul(i + 1, factor) >>> 0;
    values[i] = isWide ? bits / 2 ** 32 - 0.5 : (bits >>> 16) & 0xbbff;
  }
  return { dtype, shape, bytes: new Uint8Array(values.buffer) };
}

test.each(['F16', 'BF16', 'F32'] as const)(
  'a base in %s is streamed in step with the delta',
  async (dtype) => {
    // Rows of 3 KiB (delta) and up to 6 KiB (base): their blocks do not begin together.
    const [delta, base] = [pattern('F16', 0x9e3779b1), pattern(dtype, 0x85ebca6b)];
    const merged = mergeDelta(await open({ [NAME]: delta }), await open({ [NAME]: base }));
    const parts: Uint8Array[] = [];
    for await (const { rowStart, rowEnd, bytes } of merged.streamRows(NAME)) {
      expect(bytes.length).toBe((rowEnd - rowStart) * 3072);
      parts.push(bytes);
    }
    expect(parts.length).toBe(2);
    const streamed = concat(...parts);
    expect(Buffer.compare(streamed, await merged.readRows(NAME, 0, 1600))).toBe(0);
    const row = merged.streamRows(NAME, 1599, 1600)[Symbol.asyncIterator]();
    const last = (await row.next()).value.bytes as Uint8Array;
    expect(Buffer.compare(last, streamed.subarray(1599 * 3072))).toBe(0);

    const halves = new Uint16Array(streamed.buffer);
    const changes = new Uint16Array(delta.bytes.buffer);
    const narrow = new Uint16Array(base.bytes.buffer);
    const wide = new Float32Array(base.bytes.buffer, 0, narrow.length >> 1);
    for (let i = 0; i < halves.length; i += 9973) {
      const under =
        dtype === 'F32' ? wide[i]! : dtype === 'F16' ? fromHalf(narrow[i]!) : fromBfloat(narrow[i]!);
      expect(halves[i]).toBe(toHalf(fromHalf(changes[i]!) + fromHalf(toHalf(under))));
    }
  },
);

test('buffers of one side do not hinder; weights of one side, or of an odd dtype, do', async () => {
  const weight = { [NAME]: randomTensor([2, 4]) };
  const extra = { 'model.layers.0.some_table': randomTensor([3]), freqs_cis: randomTensor([2]) };
  const plain = await open(weight);
  expect([...mergeDelta(await open({ ...weight, ...extra }), plain).tensors.keys()].length).toBe(3);
  expect([...mergeDelta(plain, await open({ ...weight, ...extra })).tensors.keys()]).toEqual([NAME]);
  const more = await open({ ...weight, 'model.norm.weight': randomTensor([4]) });
  const details = { tensor: 'model.norm.weight' };
  expect(() => mergeDelta(more, plain)).toThrow(
    expect.objectContaining({ code: 'delta-mismatch', details: expect.objectContaining(details) }),
  );
  expect(() => mergeDelta(plain, more)).toThrow(expect.objectContaining({ code: 'delta-mismatch' }));

  const bytes = rawSafetensors(
    { [NAME]: { dtype: 'F64', shape: [2, 4], data_offsets: [0, 64] } },
    new Uint8Array(64),
  );
  const wide = await openCheckpoint(memoryFiles(new Map([['model.safetensors', bytes]])));
  expect(() => mergeDelta(plain, wide)).toThrow(expect.objectContaining({ code: 'delta-mismatch' }));
});
