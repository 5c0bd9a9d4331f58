/** Valid files with something changed at random: bits, numbers, lengths, order. The seed is in the name. */
import { jsonBytes } from './json';
import { mlcManifestJson, type StoredTensor } from './mlc-manifest';
import {
  type Bytes,
  concat,
  type MemoryFolder,
  pickledDict,
  pickledTensor,
  safetensors,
  torchZip,
} from './test-files';
import { type HostileCase, seeded } from './test-hostile';

type Random = (limit: number) => number;

/** Numbers that lengths are compared with, or overflow at. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fffffff, 0x80000000, 0xffffffff];

const MUTATIONS: readonly ((bytes: Bytes, random: Random) => Bytes)[] = [
  function flipBits(bytes, random) {
    const changed = bytes.slice();
    for (let i = 0; i <= random(4); i++) changed[random(bytes.length)]! ^= 1 << random(8);
    return changed;
  },
  function overwrite(bytes, random) {
    const changed = bytes.slice();
    for (let i = 0; i <= random(3); i++) {
      const at = random(bytes.length - 4);
      new DataView(changed.buffer).setUint32(at, EDGES[random(EDGES.length)]!, random(2) === 0);
    }
    return changed;
  },
  function truncate(bytes, random) {
    return bytes.slice(0, random(bytes.length));
  },
  function insert(bytes, random) {
    const at = random(bytes.length);
    const added = Uint8Array.from({ length: 1 + random(16) }, () => random(256));
    return concat(bytes.subarray(0, at), added, bytes.subarray(at));
  },
  function remove(bytes, random) {
    const at = random(bytes.length);
    return concat(bytes.subarray(0, at), bytes.subarray(at + 1 + random(16)));
  },
  function repeat(bytes, random) {
    const at = random(bytes.length);
    const part = bytes.subarray(at, at + 1 + random(64));
    return concat(bytes.subarray(0, at), part, bytes.subarray(at));
  },
  function changeDigit(bytes, random) {
    const changed = bytes.slice();
    const digits = [...bytes.keys()].filter((at) => bytes[at]! >= 0x30 && bytes[at]! <= 0x39);
    for (let i = 0; i <= random(3); i++) changed[digits[random(digits.length)] ?? 0] = 0x30 + random(10);
    return changed;
  },
  function swap(bytes, random) {
    const [a, b] = [random(bytes.length), random(bytes.length)].sort((x, y) => x - y) as [number, number];
    const middle = random(b - a + 1) + a;
    return concat(
      bytes.subarray(0, a),
      bytes.subarray(middle, b),
      bytes.subarray(a, middle),
      bytes.subarray(b),
    );
  },
];

const values = Uint8Array.from({ length: 64 }, (_, i) => i * 3);
const tensor = (dtype: 'F16' | 'F32', shape: number[], sizeBytes: number) => ({
  dtype,
  shape,
  bytes: values.slice(0, sizeBytes),
});

function validSafetensors(): MemoryFolder {
  const tensors = {
    'model.embed_tokens.weight': tensor('F16', [4, 8], 64),
    'model.norm.weight': tensor('F32', [8], 32),
  };
  return new Map([['model.safetensors', safetensors(tensors)]]);
}

function validTorch(): MemoryFolder {
  const matrix = pickledTensor({ storage: '0', elements: 32, shape: [4, 8], strides: [8, 1] });
  const norm = pickledTensor({ storage: '1', elements: 32, offset: 8, shape: [8], strides: [1] });
  const pickle = pickledDict({ 'model.embed_tokens.weight': matrix, 'model.norm.weight': norm });
  return new Map([['pytorch_model.bin', torchZip(pickle, { 0: values, 1: values })]]);
}

function validManifest(): MemoryFolder {
  const stored = (shard: string, byteOffset: number): StoredTensor => ({
    shape: [4, 8],
    dtype: 'float16',
    shard,
    byteOffset,
    sizeBytes: 64,
    format: 'raw',
  });
  const shards = ['params_shard_0.bin', 'params_shard_1.bin'].map((name) => ({
    name,
    sizeBytes: 128,
    md5: undefined,
  }));
  const tensors = new Map([
    ['a', stored('params_shard_0.bin', 0)],
    ['b', stored('params_shard_0.bin', 64)],
    ['c', stored('params_shard_1.bin', 64)],
  ]);
  return new Map([['tensor-cache.json', jsonBytes(mlcManifestJson({ shards, tensors }))]]);
}

/** The pickle of a PyTorch file changed inside a sound archive: most changes of the archive never get that far. */
function tornPickle(mutate: (bytes: Bytes) => Bytes): MemoryFolder {
  const matrix = pickledTensor({ storage: '0', elements: 32, shape: [4, 8], strides: [8, 1] });
  const pickle = mutate(pickledDict({ 'model.embed_tokens.weight': matrix, 'lm_head.weight': matrix }));
  return new Map([['pytorch_model.bin', torchZip(pickle, { 0: values })]]);
}

const SUBJECTS: readonly [string, (mutate: (bytes: Bytes) => Bytes) => MemoryFolder][] = [
  ['safetensors', (mutate) => changed(validSafetensors(), mutate)],
  ['PyTorch zip', (mutate) => changed(validTorch(), mutate)],
  ['pickle', tornPickle],
  ['manifest', (mutate) => changed(validManifest(), mutate)],
];

function changed(folder: MemoryFolder, mutate: (bytes: Bytes) => Bytes): MemoryFolder {
  return new Map([...folder].map(([name, bytes]) => [name, mutate(bytes)]));
}

/** @param each cases per kind of file and mutation */
export function mutatedCases(each: number): HostileCase[] {
  return SUBJECTS.flatMap(([subject, make], kind) =>
    MUTATIONS.flatMap((mutation, which) =>
      Array.from({ length: each }, (_, turn): HostileCase => {
        const seed = 1 + turn + each * (which + MUTATIONS.length * kind);
        const apply = (bytes: Bytes) => mutation(bytes, seeded(seed));
        return {
          name: `${subject}: ${mutation.name}, seed ${seed}`,
          make: () => make(apply),
          outcome: 'harmless',
        };
      }),
    ),
  );
}

/** The files that the mutations start from: they must open. */
export const SOUND: readonly (readonly [string, () => MemoryFolder])[] = SUBJECTS.map(([subject, make]) => [
  subject,
  () => make((bytes) => bytes),
]);
