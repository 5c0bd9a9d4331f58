import { describe, expect, test } from 'vitest';
import { fromBfloat, fromHalf, toHalf } from '../core/half';
import { sha256Hex } from '../formats/hash';
import {
  type MemoryFolder,
  memoryFiles,
  safetensors,
  type TestTensor,
  textBytes,
} from '../formats/test-files';
import { QUANTIZATIONS } from '../models/architecture';
import { type ModelPackage, openPackage } from '../models/package';
import { verifyPackage } from '../models/verify-package';
import type { ConvertProgress } from './progress';
import { layoutGroups } from './shard-layout';
import {
  checkpointFolder,
  convertFolder,
  memoryCheckpoint,
  randomTensor,
  randomTensors,
  TEST_CONFIG,
} from './test-checkpoint';
import { expectGoodProgress } from './test-progress';

const open = (folder: MemoryFolder) => openPackage(memoryFiles(folder));

function valuesOf({ dtype, bytes }: TestTensor): number[] {
  if (dtype === 'F32') return [...new Float32Array(bytes.buffer)];
  return Array.from(new Uint16Array(bytes.buffer), dtype === 'F16' ? fromHalf : fromBfloat);
}

/** Values of a stored matrix or norm, dequantised. */
async function stored(model: ModelPackage, name: string): Promise<number[]> {
  const floats = async (tensor: string) => {
    const bytes = await model.readTensor(tensor);
    if (model.tensors.get(tensor)!.dtype === 'float32') return [...new Float32Array(bytes.buffer)];
    return Array.from(new Uint16Array(bytes.buffer), fromHalf);
  };
  if (model.tensors.has(`${name}.weight`)) return floats(`${name}.weight`);
  const words = new Uint32Array((await model.readTensor(`${name}.q_weight`)).buffer);
  const scales = await floats(`${name}.q_scale`);
  return Array.from({ length: words.length * 8 }, (_, i) => {
    return (((words[i >> 3]! >>> (4 * (i & 7))) & 15) - 7) * scales[i >> 5]!;
  });
}

describe.each(QUANTIZATIONS)('%s', (quantization) => {
  test.each(['F16', 'BF16', 'F32'] as const)('from %s', async (dtype) => {
    const tensors = randomTensors(dtype);
    const model = await open(await convertFolder(checkpointFolder(tensors), quantization));
    const parts: Record<string, string[]> = {
      'model.embed_tokens': ['model.embed_tokens'],
      'model.layers.1.self_attn.qkv_proj': ['q', 'k', 'v'].map(
        (key) => `model.layers.1.self_attn.${key}_proj`,
      ),
      'model.layers.1.self_attn.o_proj': ['model.layers.1.self_attn.o_proj'],
      'model.layers.0.mlp.gate_up_proj': ['gate', 'up'].map((key) => `model.layers.0.mlp.${key}_proj`),
      'model.layers.0.mlp.down_proj': ['model.layers.0.mlp.down_proj'],
      'model.layers.0.input_layernorm': ['model.layers.0.input_layernorm'],
      'model.norm': ['model.norm'],
      lm_head: ['lm_head'],
    };
    const inHalves = quantization === 'q4f16_1' || quantization === 'q0f16';
    for (const [name, names] of Object.entries(parts)) {
      const got = await stored(model, name);
      const want = names
        .flatMap((part) => valuesOf(tensors[`${part}.weight`]!))
        .map((value) => (inHalves ? fromHalf(toHalf(value)) : value));
      expect(got.length).toBe(want.length);
      // Half a step of the scale (at most 0.5 / 7), plus its rounding; the q0 forms and norms are exact.
      const isExact = model.tensors.has(`${name}.weight`);
      const worst = got.reduce((most, value, i) => Math.max(most, Math.abs(value - want[i]!)), 0);
      expect(worst).toBeLessThanOrEqual(isExact ? 0 : 0.5 / 7 / 2 + 2e-4);
    }
  });

  test('verifies', async () => {
    const result = await verifyPackage(memoryFiles(await convertFolder(checkpointFolder(), quantization)));
    expect(result.package.unknownTensors).toEqual([]);
    expect(result.files.every(({ check }) => check === 'sha256')).toBe(true);
    expect(result.aerie).toMatchObject({ format: 1, quantization });
  });
});

test('a head that is the embedding is left out', async () => {
  const { 'lm_head.weight': head, ...tensors } = randomTensors();
  const config = { ...TEST_CONFIG, tie_word_embeddings: true };
  for (const given of [tensors, { ...tensors, 'lm_head.weight': head! }]) {
    const model = await open(await convertFolder(checkpointFolder(given, config)));
    expect(model.architecture.tiedEmbedding).toBe(true);
    expect(model.tensors.has('lm_head.q_weight')).toBe(false);
  }
  const untied = convertFolder(checkpointFolder(tensors));
  await expect(untied).rejects.toMatchObject({
    code: 'tensor-missing',
    details: { tensor: 'lm_head.weight' },
  });
});

test('shards by index, buffers of old exporters left out', async () => {
  const tensors = {
    ...randomTensors(),
    'model.layers.0.self_attn.rotary_emb.inv_freq': randomTensor([8], 'F32'),
  };
  const folder = checkpointFolder(tensors);
  const shardOfPackage = async (source: MemoryFolder) =>
    sha256Hex((await convertFolder(source)).get('params_shard_0.bin')!);
  const whole = await shardOfPackage(folder);
  const names = Object.keys(tensors);
  const shardOf = (name: string) => `model-0000${(names.indexOf(name) % 3) + 1}-of-00003.safetensors`;
  const sharded: MemoryFolder = new Map(folder);
  sharded.delete('model.safetensors');
  for (const file of new Set(names.map(shardOf))) {
    const part = Object.entries(tensors).filter(([name]) => shardOf(name) === file);
    sharded.set(file, safetensors(Object.fromEntries(part)));
  }
  expect(await shardOfPackage(sharded)).toBe(whole);
  const weight_map = Object.fromEntries(names.map((name) => [name, shardOf(name)]));
  sharded.set('model.safetensors.index.json', textBytes(JSON.stringify({ weight_map })));
  expect(await shardOfPackage(sharded)).toBe(whole);

  sharded.delete('model-00002-of-00003.safetensors');
  await expect(convertFolder(sharded)).rejects.toMatchObject({
    code: 'file-missing',
    details: { file: 'model-00002-of-00003.safetensors' },
  });
});

describe('a delta over a base', () => {
  const WHOLE = ['model.embed_tokens.weight', 'lm_head.weight'];
  const small = () =>
    Object.fromEntries(
      Object.entries(randomTensors()).map(([name, tensor]): [string, TestTensor] => {
        const halves = Uint16Array.from(valuesOf(tensor), (value) => toHalf(value / 64));
        return [name, { ...tensor, bytes: new Uint8Array(halves.buffer) }];
      }),
    );
  const base = () => ({ ...randomTensors('BF16'), 'model.embed_tokens.weight': randomTensor([200, 64]) });

  test('is the f16 sum, with embedding and head from the delta', async () => {
    const [delta, under] = [small(), base()];
    const options = { base: memoryCheckpoint(checkpointFolder(under)) };
    const model = await open(await convertFolder(checkpointFolder(delta), 'q0f16', options));
    for (const name of ['model.embed_tokens', 'lm_head', 'model.norm', 'model.layers.1.mlp.down_proj']) {
      const change = valuesOf(delta[`${name}.weight`]!);
      const value = valuesOf(under[`${name}.weight` as keyof typeof under]!).map((v) => fromHalf(toHalf(v)));
      const isWhole = WHOLE.includes(`${name}.weight`);
      const want = change.map((v, i) => (isWhole ? v : fromHalf(toHalf(v + value[i]!))));
      expect(await stored(model, name)).toEqual(want);
    }
  });

  test('that does not belong to it is refused', async () => {
    const name = 'model.layers.0.mlp.up_proj.weight';
    const convert = (under: Record<string, TestTensor>) =>
      convertFolder(checkpointFolder(), 'q4f16_1', { base: memoryCheckpoint(checkpointFolder(under)) });
    const mismatch = { code: 'delta-mismatch', details: { tensor: name } };
    await expect(convert({ ...base(), [name]: randomTensor([96, 32]) })).rejects.toMatchObject(mismatch);
    const { [name]: _, ...without } = base() as Record<string, TestTensor>;
    await expect(convert(without)).rejects.toMatchObject(mismatch);
    const more = convert({ ...base(), 'model.layers.2.mlp.up_proj.weight': randomTensor([96, 64]) });
    await expect(more).rejects.toMatchObject({ code: 'delta-mismatch' });
  });
});

describe('checkpoints that are not what their config says', () => {
  const name = 'model.layers.1.mlp.gate_proj.weight';
  const nan = randomTensor([96, 64]);
  nan.bytes.set([0x00, 0x7e], 400);
  const huge = {
    dtype: 'F32' as const,
    shape: [96, 64],
    bytes: new Uint8Array(new Float32Array(96 * 64).fill(7e4).buffer),
  };
  test.each<[string, Record<string, TestTensor>, string]>([
    ['another shape', { [name]: randomTensor([64, 96]) }, name],
    ['a NaN', { [name]: nan }, name],
    ['a number beyond f16', { [name]: huge }, name],
    [
      'a bias',
      { 'model.layers.0.self_attn.q_proj.bias': randomTensor([64]) },
      'model.layers.0.self_attn.q_proj.bias',
    ],
    [
      'a layer too many',
      { 'model.layers.2.mlp.up_proj.weight': randomTensor([96, 64]) },
      'model.layers.2.mlp.up_proj.weight',
    ],
  ])('%s', async (_, change, tensor) => {
    const converting = convertFolder(checkpointFolder({ ...randomTensors(), ...change }));
    await expect(converting).rejects.toMatchObject({ code: 'tensor-mismatch', details: { tensor } });
  });

  test('a width that is no multiple of 32', async () => {
    const config = { ...TEST_CONFIG, intermediate_size: 80 };
    const folder = checkpointFolder(randomTensors('F16', config), config);
    const details = { tensor: 'model.layers.0.mlp.down_proj' };
    await expect(convertFolder(folder)).rejects.toMatchObject({ code: 'tensor-mismatch', details });
    await expect(convertFolder(folder, 'q0f16')).resolves.toBeDefined();
  });

  test('no tokenizer, no weights, a tokenizer larger than the embedding', async () => {
    const folder = checkpointFolder();
    const without = (file: string) => new Map([...folder].filter(([key]) => key !== file));
    await expect(convertFolder(without('vocab.json'))).rejects.toMatchObject({ code: 'file-missing' });
    await expect(convertFolder(without('model.safetensors'))).rejects.toMatchObject({ code: 'file-missing' });
    const config = { ...TEST_CONFIG, vocab_size: 256 };
    const small = checkpointFolder(randomTensors('F16', config), config);
    await expect(convertFolder(small)).rejects.toMatchObject({ code: 'tokenizer-invalid' });
  });
});

test('stops when asked', async () => {
  const stop = new AbortController();
  const converting = convertFolder(checkpointFolder(), 'q4f16_1', {
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  await expect(converting).rejects.toMatchObject({ code: 'aborted' });
});

test('progress ends at the whole, with and without a merge', async () => {
  for (const base of [undefined, memoryCheckpoint(checkpointFolder(randomTensors('BF16')))]) {
    const seen: ConvertProgress[] = [];
    const small = Object.entries(randomTensors()).map(([name, tensor]): [string, TestTensor] => {
      return [name, { ...tensor, bytes: tensor.bytes.map((byte, i) => (i % 2 === 0 ? byte : byte & 0x9f)) }];
    });
    const source = checkpointFolder(Object.fromEntries(small));
    await convertFolder(source, 'q4f16_1', { base, onProgress: (progress) => seen.push(progress) });
    expectGoodProgress(seen);
    expect(Object.keys(seen[0]!.phases).includes('merge')).toBe(base !== undefined);
    const { download, quantize } = seen[0]!.phases;
    expect(download!.totalBytes).toBe((base ? 2 : 1) * quantize!.totalBytes);
  }
});

test('shards are filled to the limit, a matrix keeps its scales, and larger ones stand alone', () => {
  const spec = (name: string, rows: number) => ({ name, shape: [rows], dtype: 'float16' as const });
  const group = (name: string, ...sizes: number[]) => ({
    tensor: { name, shape: [1] as const },
    specs: sizes.map((rows, i) => spec(`${name}${i}`, rows)),
  });
  const { shards, tensors } = layoutGroups(
    [group('a', 3), group('b', 5), group('big', 40, 3), group('c', 1), group('d', 6, 3), group('e', 1)],
    20,
  );
  expect(
    shards.map(({ name, sizeBytes, tensors: held }) => [name, sizeBytes, held.map((t) => t.name)]),
  ).toEqual([
    ['params_shard_0.bin', 18, ['a', 'b']],
    ['params_shard_1.bin', 86, ['big']],
    ['params_shard_2.bin', 2, ['c']],
    ['params_shard_3.bin', 18, ['d']],
    ['params_shard_4.bin', 2, ['e']],
  ]);
  expect(tensors.get('b0')).toMatchObject({ shard: 'params_shard_0.bin', byteOffset: 8, sizeBytes: 10 });
  expect(tensors.get('big1')).toMatchObject({ shard: 'params_shard_1.bin', byteOffset: 80, sizeBytes: 6 });
});
