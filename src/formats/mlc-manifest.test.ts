import { expect, test } from 'vitest';
import { isSafeFileName, mlcManifestJson, parseMlcManifest } from './mlc-manifest';
import { readStoredTensor } from './read-tensor';
import { memoryFiles } from './test-files';

const record = {
  name: 'w',
  shape: [2, 4],
  dtype: 'float16',
  format: 'raw',
  nbytes: 16,
  byteOffset: 0,
};
const shard = {
  dataPath: 'params_shard_0.bin',
  format: 'raw-shard',
  nbytes: 64,
  md5sum: 'x',
  records: [record],
};
const manifest = (changes: object, other: object[] = []) => ({
  records: [{ ...shard, records: [{ ...record, ...changes }, ...other] }],
});
const parse = (json: unknown) => parseMlcManifest(json, 'tensor-cache.json');

test('reads what it writes', () => {
  const json = manifest({}, [
    { ...record, name: 's', dtype: 'float32', format: 'f32-to-bf16', byteOffset: 16, nbytes: 16 },
    { ...record, name: 'q', dtype: 'uint32', nbytes: 32, byteOffset: 32 },
  ]);
  const parsed = parse(json);
  expect(parsed.tensors.get('s')).toEqual({
    shape: [2, 4],
    dtype: 'float32',
    shard: 'params_shard_0.bin',
    byteOffset: 16,
    sizeBytes: 16,
    format: 'f32-to-bf16',
  });
  expect(mlcManifestJson(parsed)).toMatchObject({ ...json, metadata: { ParamSize: 3, ParamBytes: 64 } });
});

test.each<[string, unknown]>([
  ['no object', []],
  ['no shards', { metadata: {} }],
  ['another shard format', { records: [{ ...shard, format: 'zip' }] }],
  ['another tensor format', manifest({ format: 'delta' })],
  ['a length that is not the shape’s', manifest({ nbytes: 18 })],
  [
    'a bf16 length that is not the shape’s',
    manifest({ dtype: 'float32', format: 'f32-to-bf16', nbytes: 32 }),
  ],
  ['an unknown dtype', manifest({ dtype: 'float8' })],
  ['a dtype of the prototype', manifest({ dtype: 'toString' })],
  ['a range past the shard', manifest({ byteOffset: 49 })],
  ['a negative offset', manifest({ byteOffset: -16 })],
  ['an unsafe integer', manifest({ byteOffset: 2 ** 53 })],
  ['a shape that overflows', manifest({ shape: [2 ** 40, 2 ** 40] })],
  ['overlapping tensors', manifest({}, [{ ...record, name: 'v', byteOffset: 8 }])],
  ['a tensor listed twice', manifest({}, [{ ...record, byteOffset: 16 }])],
  ['a shard listed twice', { records: [shard, { ...shard, records: [] }] }],
  ['a shard outside the folder', { records: [{ ...shard, dataPath: '../secret' }] }],
])('refuses %s', (_, json) => {
  expect(() => parse(json)).toThrow(expect.objectContaining({ code: 'format-invalid' }));
});

test('file names stay inside the package', () => {
  for (const name of ['params_shard_0.bin', 'sub/file.json', '词表.json'])
    expect(isSafeFileName(name)).toBe(true);
  for (const name of ['', '/etc/passwd', '..', 'a/../b', 'a//b', './a', 'C:\\x', 'a\0b', 'a\\b']) {
    expect(isSafeFileName(name)).toBe(false);
  }
});

test('reads rows, raw and widened', async () => {
  const bytes = new Uint8Array(64).map((_, i) => i);
  bytes.set([0x80, 0x3f, 0x00, 0xc0], 20); // bf16 1 and -2
  const files = memoryFiles(new Map([['s.bin', bytes]]));
  const base = { shape: [4, 2], shard: 's.bin', byteOffset: 16 };
  const raw = { ...base, dtype: 'float16', sizeBytes: 16, format: 'raw' } as const;
  const narrow = { ...base, dtype: 'float32', sizeBytes: 16, format: 'f32-to-bf16' } as const;
  expect([...(await readStoredTensor(files, raw, 2, 3))]).toEqual([24, 25, 26, 27]);
  expect((await readStoredTensor(files, raw)).length).toBe(16);
  expect((await readStoredTensor(files, raw, 4, 4)).length).toBe(0);
  expect([...new Float32Array((await readStoredTensor(files, narrow, 1, 2)).buffer)]).toEqual([1, -2]);
  for (const [start, end] of [
    [-1, 2],
    [0, 5],
    [3, 2],
    [0.5, 2],
  ]) {
    const reading = readStoredTensor(files, raw, start, end);
    await expect(reading).rejects.toMatchObject({ code: 'parameter-out-of-range' });
  }
});
