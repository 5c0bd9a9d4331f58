/** Safetensors files, indexes and manifests made to break a reader. */
import { type Bytes, type MemoryFolder, rawSafetensors, textBytes } from './test-files';
import type { HostileCase } from './test-hostile';

const DATA = new Uint8Array(64);
const entry = (dtype: unknown, shape: unknown, begin: unknown, end: unknown) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const file = (bytes: Bytes): MemoryFolder => new Map([['model.safetensors', bytes]]);
const header = (value: unknown, headerBytes?: bigint) => file(rawSafetensors(value, DATA, headerBytes));
const prefixed = (length: bigint) => header({}, length);
const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);
const MANY = 100_000;

const HEADERS: Readonly<Record<string, () => MemoryFolder>> = {
  'an empty file': () => file(new Uint8Array(0)),
  'seven bytes': () => file(new Uint8Array(7)),
  'eight zero bytes': () => file(new Uint8Array(8)),
  'nothing but 0xff': () => file(new Uint8Array(4096).fill(0xff)),
  'a header of 2^64 - 1 bytes': () => prefixed(2n ** 64n - 1n),
  'a header of 2^63 bytes': () => prefixed(2n ** 63n),
  'a header of 2^53 + 1 bytes': () => prefixed(2n ** 53n + 1n),
  'a header of 2^32 bytes': () => prefixed(2n ** 32n),
  'a header of 100 MB in a short file': () => prefixed(100_000_000n),
  'a header one byte longer than the file': () => prefixed(BigInt(DATA.length + 3)),
  'a header that is not UTF-8': () => header('{"\u00ff":1}'.replace('\u00ff', '\ud800')),
  'a header cut inside a string': () => header('{"weight', undefined),
  'a header that is null': () => header('null'),
  'a header that is a number': () => header('1e999'),
  'a header that is a string': () => header('"weights"'),
  'a list 100,000 deep': () => header(nested(MANY, '[', ']')),
  'objects 100,000 deep': () => header(`${'{"a":'.repeat(MANY)}1${'}'.repeat(MANY)}`),
  'a shape 100,000 deep': () =>
    header(`{"a":{"dtype":"F32","shape":${nested(MANY, '[', ']')},"data_offsets":[0,4]}}`),
  'an unfinished list 100,000 deep': () => header('['.repeat(MANY)),
  'a shape with 100,000 strings': () => header({ a: entry('F32', new Array(MANY).fill('1'), 0, 4) }),
  'a shape with 100,000 ones': () => header({ a: entry('F32', new Array(MANY).fill(1), 0, 4) }),
  '100,000 offsets': () => header({ a: { dtype: 'F32', shape: [1], data_offsets: new Array(MANY).fill(0) } }),
  'a dtype of a megabyte': () => header({ a: entry('F'.repeat(1 << 20), [1], 0, 4) }),
  'a dtype that is a list': () => header({ a: entry(['F32'], [1], 0, 4) }),
  'a dtype __proto__': () => header({ a: entry('__proto__', [1], 0, 4) }),
  'a dtype hasOwnProperty': () => header({ a: entry('hasOwnProperty', [1], 0, 4) }),
  'an entry that is null': () => header({ a: null }),
  'an entry named __proto__': () => header('{"__proto__":{"dtype":"F32","shape":[99],"data_offsets":[0,4]}}'),
  'an empty entry': () => header({ a: {} }),
  'a negative size': () => header({ a: entry('F32', [-1], 0, 4) }),
  'two negative sizes': () => header({ a: entry('F32', [-4, -4], 0, 64) }),
  'a fractional size': () => header({ a: entry('F32', [0.5, 2], 0, 4) }),
  'a size of 1e308': () => header('{"a":{"dtype":"F32","shape":[1e308],"data_offsets":[0,4]}}'),
  'a size of 1e999': () => header('{"a":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}}'),
  'a size of NaN': () => header('{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}'),
  'a size that is a string': () => header({ a: entry('F32', ['4'], 0, 16) }),
  'a size of 2^53': () => header({ a: entry('F32', [2 ** 53], 0, 4) }),
  'sizes whose product overflows to zero': () => header({ a: entry('F32', [2 ** 32, 2 ** 32], 0, 0) }),
  'nine axes': () => header({ a: entry('F32', [1, 1, 1, 1, 1, 1, 1, 1, 1], 0, 4) }),
  'offsets that run backwards': () => header({ a: entry('F32', [4], 16, 0) }),
  'a negative offset': () => header({ a: entry('F32', [4], -16, 0) }),
  'an offset of 2^53 - 1': () => header({ a: entry('F32', [0], 2 ** 53 - 1, 2 ** 53 - 1) }),
  'an offset of 1e300': () => header('{"a":{"dtype":"F32","shape":[0],"data_offsets":[1e300,1e300]}}'),
  'offsets past the end': () => header({ a: entry('F32', [4], 64, 80) }),
  'offsets one byte past the end': () => header({ a: entry('U8', [65], 0, 65) }),
  'three offsets that are no numbers': () =>
    header({ a: { dtype: 'F32', shape: [1], data_offsets: [null, {}, []] } }),
  'a tensor within another': () => header({ a: entry('F32', [8], 0, 32), b: entry('F32', [2], 8, 16) }),
  'the same bytes twice': () => header({ a: entry('F32', [8], 0, 32), b: entry('F32', [8], 0, 32) }),
  'one byte in common': () => header({ a: entry('U8', [8], 0, 8), b: entry('U8', [8], 7, 15) }),
};

/** Strange, but with a meaning that every reader agrees on. */
const ODD_HEADERS: Readonly<Record<string, () => MemoryFolder>> = {
  'a key that is there twice': () =>
    header(
      '{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
    ),
  'an empty header': () => header({}),
  'metadata of any kind': () => header({ __metadata__: [[[]]], a: entry('F32', [1], 0, 4) }),
  'metadata 100,000 deep': () => header(`{"__metadata__":${nested(MANY, '[', ']')}}`),
  'no values': () => header({ a: entry('F32', [0, 5], 0, 0), b: entry('F32', [0], 0, 0) }),
  'a scalar': () => header({ a: entry('F32', [], 0, 4) }),
  'an empty name': () => header({ '': entry('F32', [1], 0, 4) }),
  'a name that is a path': () => header({ '../../etc/passwd': entry('F32', [1], 0, 4) }),
  'a name of a megabyte': () => header({ ['a'.repeat(1 << 20)]: entry('F32', [1], 0, 4) }),
  '20,000 empty tensors': () =>
    header(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`t${i}`, entry('F32', [0], 0, 0)]))),
};

const good = rawSafetensors({ a: entry('F32', [4], 0, 16) }, DATA);
const index = (weightMap: unknown): MemoryFolder =>
  new Map([
    ['model.safetensors.index.json', textBytes(JSON.stringify({ weight_map: weightMap }))],
    ['model.safetensors', good],
  ]);

const INDEXES: Readonly<Record<string, () => MemoryFolder>> = {
  'a shard above the folder': () => index({ a: '../model.safetensors' }),
  'a shard by absolute path': () => index({ a: '/etc/passwd' }),
  'a shard with a backslash': () => index({ a: '..\\model.safetensors' }),
  'a shard with a NUL': () => index({ a: 'model.safetensors\0.txt' }),
  'a shard with a scheme': () => index({ a: 'https://example.com/model.safetensors' }),
  'a shard with a drive': () => index({ a: 'C:model.safetensors' }),
  'a shard that is .': () => index({ a: '.' }),
  'a shard with an empty part': () => index({ a: 'a//b' }),
  'a shard without name': () => index({ a: '' }),
  'a shard of 10,000 characters': () => index({ a: 'a'.repeat(10_000) }),
  'a shard that is a number': () => index({ a: 7 }),
  'a shard that is not there': () => index({ a: 'model-00001-of-00002.safetensors' }),
  'a shard that is the index': () => index({ a: 'model.safetensors.index.json' }),
  'a tensor that its shard lacks': () => index({ a: 'model.safetensors', b: 'model.safetensors' }),
  'a map that is a list': () => index(['model.safetensors']),
  'a map that is null': () => index(null),
  'no map': () => new Map([['model.safetensors.index.json', textBytes('{}')]]),
  'an index that is no JSON': () => new Map([['model.safetensors.index.json', textBytes('{"weight_map":')]]),
  '50,000 shards that are not there': () =>
    index(Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`t${i}`, `s${i}.safetensors`]))),
};

const record = { name: 'w', shape: [4], dtype: 'float16', format: 'raw', nbytes: 8, byteOffset: 0 };
const shard = { dataPath: 's.bin', format: 'raw-shard', nbytes: 64, records: [record] };
const manifestText = (text: string): MemoryFolder => new Map([['tensor-cache.json', textBytes(text)]]);
const manifest = (value: unknown) => manifestText(JSON.stringify(value));
const withRecord = (changes: object) =>
  manifest({ records: [{ ...shard, records: [{ ...record, ...changes }] }] });
const withShard = (changes: object) => manifest({ records: [{ ...shard, ...changes }] });

const MANIFESTS: Readonly<Record<string, () => MemoryFolder>> = {
  'no JSON': () => manifestText('records'),
  'lists 100,000 deep': () => manifestText(`{"records":${nested(MANY, '[', ']')}}`),
  'records 100,000 deep': () =>
    manifestText(`{"records":[{"dataPath":"s","records":${nested(MANY, '[', ']')}}]}`),
  '100,000 records that are no records': () => withShard({ records: new Array(MANY).fill(0) }),
  '100,000 shards that are no shards': () => manifest({ records: new Array(MANY).fill([]) }),
  '50,000 shards of one name': () => manifest({ records: new Array(50_000).fill({ ...shard, records: [] }) }),
  'a shape of 100,000 strings': () => withRecord({ shape: new Array(MANY).fill('') }),
  'a negative length': () => withRecord({ nbytes: -8 }),
  'a fractional offset': () => withRecord({ byteOffset: 0.5 }),
  'an offset of 1e999': () =>
    manifestText(JSON.stringify({ records: [shard] }).replace('"byteOffset":0', '"byteOffset":1e999')),
  'an offset past the shard': () => withRecord({ byteOffset: 60 }),
  'a shape that overflows': () => withRecord({ shape: [2 ** 27, 2 ** 27] }),
  'a dtype __proto__': () => withRecord({ dtype: '__proto__' }),
  'a format of its own': () => withRecord({ format: '__proto__' }),
  'a shard above the folder': () => withShard({ dataPath: '../s.bin' }),
  'a shard with a NUL': () => withShard({ dataPath: 's.bin\0' }),
  'a shard by address': () => withShard({ dataPath: 'file:///s.bin' }),
  'a shard shorter than its tensors': () => withShard({ nbytes: 4 }),
  'a name of a million characters': () => withRecord({ name: 'w'.repeat(1 << 20) }),
  'a name that is a list': () => withRecord({ name: ['w'] }),
};

/** Each with its own name, and sound but for its number. */
const ODD_MANIFESTS: Readonly<Record<string, () => MemoryFolder>> = {
  '50,000 empty shards': () =>
    manifest({
      records: Array.from({ length: 50_000 }, (_, i) => ({ ...shard, dataPath: `s${i}.bin`, records: [] })),
    }),
  '50,000 tensors in a shard, backwards': () =>
    withShard({
      nbytes: 8 * 50_000,
      records: Array.from({ length: 50_000 }, (_, i) => ({
        ...record,
        name: `w${i}`,
        byteOffset: 8 * (49_999 - i),
      })),
    }),
};

export const SAFETENSORS_CASES: readonly HostileCase[] = [
  ...cases('header', HEADERS, 'refused'),
  ...cases('header', ODD_HEADERS, 'harmless'),
  ...cases('index', INDEXES, 'refused'),
  ...cases('manifest', MANIFESTS, 'refused'),
  ...cases('manifest', ODD_MANIFESTS, 'harmless'),
];

function cases(
  kind: string,
  makers: Readonly<Record<string, () => MemoryFolder>>,
  outcome: HostileCase['outcome'],
): HostileCase[] {
  return Object.entries(makers).map(([name, make]) => ({ name: `${kind}: ${name}`, make, outcome }));
}
