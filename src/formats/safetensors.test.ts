import { expect, test } from 'vitest';
import { readSafetensors } from './safetensors';
import { memoryFiles, rawSafetensors } from './test-files';

const read = (bytes: Uint8Array<ArrayBuffer>) =>
  readSafetensors(memoryFiles(new Map([['m.safetensors', bytes]])), 'm.safetensors', bytes.length);
const tensor = (dtype: string, shape: unknown, begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const data = new Uint8Array(16);

test('reads names, shapes and ranges', async () => {
  const file = rawSafetensors({ b: tensor('F32', [1, 2], 8, 16), a: tensor('BF16', [4], 0, 8) }, data);
  const tensors = await read(file);
  const start = file.length - 16;
  expect(tensors.get('a')).toEqual({
    dtype: 'BF16',
    shape: [4],
    file: 'm.safetensors',
    byteOffset: start,
    sizeBytes: 8,
  });
  expect(tensors.get('b')?.byteOffset).toBe(start + 8);
});

test.each<[string, Uint8Array<ArrayBuffer>]>([
  ['an empty file', new Uint8Array(0)],
  ['a file of four bytes', new Uint8Array(4)],
  ['a header longer than the file', rawSafetensors({}, data, 1000n)],
  ['a header of 2^63 bytes', rawSafetensors({}, data, 1n << 63n)],
  ['a header of 1 TB', rawSafetensors({}, data, 1n << 40n)],
  ['a header that is no JSON', rawSafetensors('{"a":', data)],
  ['a header that is a list', rawSafetensors([], data)],
  ['a range past the end', rawSafetensors({ a: tensor('F32', [8], 0, 32) }, data)],
  ['a range that runs backwards', rawSafetensors({ a: tensor('F32', [2], 16, 8) }, data)],
  ['a negative offset', rawSafetensors({ a: tensor('F32', [2], -8, 0) }, data)],
  ['a fractional offset', rawSafetensors({ a: tensor('F32', [2], 0.5, 8.5) }, data)],
  ['a shape that needs more bytes', rawSafetensors({ a: tensor('F32', [4], 0, 8) }, data)],
  ['a shape that overflows', rawSafetensors({ a: tensor('F32', [2 ** 40, 2 ** 40], 0, 8) }, data)],
  ['a negative dimension', rawSafetensors({ a: tensor('F32', [-2, -1], 0, 8) }, data)],
  ['a shape that is no list', rawSafetensors({ a: tensor('F32', 2, 0, 8) }, data)],
  ['an unknown dtype', rawSafetensors({ a: tensor('Q4', [2], 0, 8) }, data)],
  ['a dtype of the prototype', rawSafetensors({ a: tensor('constructor', [2], 0, 8) }, data)],
  [
    'two ranges that overlap',
    rawSafetensors({ a: tensor('F32', [2], 0, 8), b: tensor('F32', [2], 4, 12) }, data),
  ],
  ['an entry without a range', rawSafetensors({ a: { dtype: 'F32', shape: [2] } }, data)],
])('refuses %s', async (_, bytes) => {
  await expect(read(bytes)).rejects.toMatchObject({ code: 'format-invalid' });
});

test.each([10, 3000])('%i tensors, in one request while the header is short', async (count) => {
  const names = Array.from({ length: count }, (_, i) => `model.layers.${i}.weight`);
  const header = Object.fromEntries(names.map((name, i) => [name, tensor('F16', [1], 2 * i, 2 * i + 2)]));
  const bytes = rawSafetensors(header, new Uint8Array(2 * count));
  const files = memoryFiles(new Map([['m.safetensors', bytes]]));
  let requests = 0;
  const counting: typeof files = {
    ...files,
    readRange(...range) {
      requests++;
      return files.readRange(...range);
    },
  };
  for (const size of [bytes.length, undefined]) {
    requests = 0;
    const tensors = await readSafetensors(counting, 'm.safetensors', size);
    expect([...tensors.keys()]).toEqual(names);
    expect(tensors.get(names.at(-1)!)!.byteOffset).toBe(bytes.length - 2);
    expect(requests).toBe(count === 10 && size !== undefined ? 1 : 2);
  }
});
