import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../formats/checkpoint';
import type { CheckpointSource } from '../../formats/checkpoint-types';
import {
  concat,
  memoryFiles,
  pickle,
  pickledDict,
  pickledTensor,
  safetensors,
  type TestTensor,
  torchZip,
} from '../../formats/test-files';
import { readConfigFile } from '../../models/checkpoint-config';
import { readHfConfig } from '../../models/read-config';
import { checkCheckpoint } from '../checkpoint-names';
import { checkpointFolder, randomTensor, randomTensors, TEST_CONFIG } from '../test-checkpoint';
import { flagaiCopy } from '../test-layouts';
import { asHfLayout } from './as-hf';
import { separatePairs } from './row-view';

const ARCHITECTURE = readHfConfig(TEST_CONFIG, 'q0f16');

async function streamed(source: CheckpointSource, name: string, from?: number, to?: number) {
  const parts: Uint8Array[] = [];
  let row = from ?? 0;
  for await (const block of source.streamRows(name, from, to)) {
    expect(block.rowStart).toBe(row);
    row = block.rowEnd;
    parts.push(block.bytes);
  }
  return concat(...parts);
}

const config = { ...TEST_CONFIG, intermediate_size: 192 };
const original = randomTensors('F16', config);

describe.each([
  ['flagai', {}],
  ['flagai, plain dictionary', { isNested: false, configName: 'params.json' }],
  ['flagai in safetensors', { format: 'safetensors' }],
  ['flash', { layout: 'flash' }],
] as const)('%s', (_, options) => {
  test('is the original under its names', async () => {
    const copy = await flagaiCopy(memoryFiles(checkpointFolder(original, config)), options);
    const files = memoryFiles(copy);
    const { config: read } = await readConfigFile(files);
    const architecture = readHfConfig(read, 'q0f16');
    expect(architecture).toEqual(readHfConfig(config, 'q0f16'));
    const source = asHfLayout(await openCheckpoint(files), architecture);
    expect(checkCheckpoint(source, architecture)).toEqual([]);
    expect([...source.tensors.keys()].sort()).toEqual(Object.keys(original).sort());
    for (const [name, { shape, bytes }] of Object.entries(original)) {
      const same = (got: Uint8Array, want: Uint8Array) => expect(Buffer.compare(got, want), name).toBe(0);
      same(await streamed(source, name), bytes);
      same(await source.readRows(name, 0, shape[0]!), bytes);
      const rowBytes = bytes.length / shape[0]!;
      const [from, to] = [5, Math.min(27, shape[0]!)];
      const part = bytes.slice(from * rowBytes, to * rowBytes);
      same(await source.readRows(name, from, to), part);
      same(await streamed(source, name, from, to), part);
    }
    await expect(source.readRows('model.norm.weight', 0, 65)).rejects.toMatchObject({
      code: 'parameter-out-of-range',
    });
    await expect(source.readRows('nothing', 0, 1)).rejects.toMatchObject({ code: 'tensor-missing' });
  });
});

/** Attention scores of a query and a key at their positions, with the rotation that `pairs` names. */
function score(
  q: readonly number[],
  k: readonly number[],
  positions: readonly [number, number],
  pairs: (p: number, half: number) => readonly [number, number],
): number {
  const half = q.length / 2;
  const rotated = (v: readonly number[], position: number) => {
    const out = [...v];
    for (let p = 0; p < half; p++) {
      const angle = position * 10_000 ** (-p / half);
      const [i, j] = pairs(p, half);
      out[i] = v[i]! * Math.cos(angle) - v[j]! * Math.sin(angle);
      out[j] = v[i]! * Math.sin(angle) + v[j]! * Math.cos(angle);
    }
    return out;
  };
  const [a, b] = [rotated(q, positions[0]), rotated(k, positions[1])];
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

test('rotating halves of the reordered rows is rotating neighbours of the original ones', () => {
  const [headDim, heads, width] = [16, 3, 8];
  let seed = 3;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32 - 0.5;
  };
  const matrix = () => Float64Array.from({ length: heads * headDim * width }, random);
  const reorder = (m: Float64Array) =>
    new Float64Array(separatePairs(new Uint8Array(m.slice().buffer), headDim, width * 8).buffer);
  const [wq, wk] = [matrix(), matrix()];
  const x = Array.from({ length: width }, random);
  const y = Array.from({ length: width }, random);
  const head = (m: Float64Array, v: readonly number[], h: number) =>
    Array.from({ length: headDim }, (_, row) =>
      v.reduce((sum, value, i) => sum + value * m[(h * headDim + row) * width + i]!, 0),
    );
  const [hq, hk] = [reorder(wq), reorder(wk)];
  for (let h = 0; h < heads; h++) {
    for (const positions of [
      [0, 0],
      [5, 2],
      [1000, 7],
    ] as const) {
      const before = score(head(wq, x, h), head(wk, y, h), positions, (p) => [2 * p, 2 * p + 1]);
      const after = score(head(hq, x, h), head(hk, y, h), positions, (p, half) => [p, p + half]);
      expect(after).toBeCloseTo(before, 12);
    }
  }
});

describe('what does not fit', () => {
  /** FlagAI's tensors with some added, changed or (undefined) taken away. */
  const changed = async (changes: Record<string, TestTensor | undefined>, prefix = '') => {
    const copy = await flagaiCopy(memoryFiles(checkpointFolder()), { format: 'safetensors' });
    const opened = await openCheckpoint(memoryFiles(copy));
    const tensors: Record<string, TestTensor> = {};
    for (const [name, { shape }] of opened.tensors) {
      tensors[prefix + name] = { dtype: 'F16', shape, bytes: await opened.readRows(name, 0, shape[0]!) };
    }
    for (const [name, tensor] of Object.entries(changes)) {
      if (tensor) tensors[prefix + name] = tensor;
      else delete tensors[prefix + name];
    }
    const files = memoryFiles(new Map([['model.safetensors', safetensors(tensors)]]));
    return asHfLayout(await openCheckpoint(files), ARCHITECTURE);
  };

  test('is named as its publisher names it', async () => {
    const wq = 'layers.1.attention.wq.weight';
    await expect(changed({ [wq]: undefined })).rejects.toMatchObject({
      code: 'tensor-missing',
      details: { tensor: wq },
    });
    await expect(changed({ [wq]: randomTensor([48, 64]) })).rejects.toMatchObject({
      code: 'tensor-mismatch',
      details: { tensor: wq },
    });
    await expect(changed({ 'output.weight': undefined }, 'module.')).rejects.toMatchObject({
      details: { tensor: 'module.output.weight' },
    });
  });

  test.each(['', 'module.', 'model.', 'module.model.'])('prefix %j is taken off', async (prefix) => {
    const extra = { 'layers.0.attention.freqs_cis': randomTensor([4]), steps: randomTensor([1]) };
    const source = await changed(extra, prefix);
    expect(checkCheckpoint(source, ARCHITECTURE)).toEqual(['steps']);
  });

  test.each([
    'layers.0.attention.wq.bias',
    'layers.2.attention.wq.weight',
    'layers.0.attention.q_norm.weight',
    'layers.0.attention.wq.lora_A.weight',
    'layers.0.feed_forward.experts.1.w1.weight',
    'output.bias',
    'pos_embeddings.experts.0',
  ])('%s is refused', async (tensor) => {
    const source = await changed({ [tensor]: randomTensor([8]) });
    expect(() => checkCheckpoint(source, ARCHITECTURE)).toThrow(
      expect.objectContaining({ code: 'tensor-mismatch', details: expect.objectContaining({ tensor }) }),
    );
  });
});

describe("Hugging Face's own layout", () => {
  const open = async (tensors: Record<string, TestTensor>) =>
    asHfLayout(await openCheckpoint(memoryFiles(checkpointFolder(tensors))), ARCHITECTURE);

  test('is the checkpoint itself; wrapped names lose their wrapper', async () => {
    const tensors = randomTensors();
    const plain = await openCheckpoint(memoryFiles(checkpointFolder(tensors)));
    expect(asHfLayout(plain, ARCHITECTURE)).toBe(plain);
    const wrapped = Object.fromEntries(Object.entries(tensors).map(([name, t]) => [`module.${name}`, t]));
    const source = await open(wrapped);
    expect([...source.tensors.keys()]).toEqual(Object.keys(tensors));
    const name = 'model.layers.1.self_attn.k_proj.weight';
    expect(await streamed(source, name)).toEqual(tensors[name]!.bytes);
  });

  test('buffers are silent, other extras are named', async () => {
    const source = await open({
      ...randomTensors(),
      'model.layers.0.self_attn.rotary_emb.inv_freq': randomTensor([8], 'F32'),
      'model.layers.1.self_attn.rotary_emb.cos_cached': randomTensor([1, 1, 4, 8]),
      'model.layers.0.attn.masked_bias': randomTensor([1]),
      'model.layers.0.self_attn.some_table': randomTensor([3]),
      'value_head.weight': randomTensor([1, 64]),
    });
    expect(checkCheckpoint(source, ARCHITECTURE)).toEqual([
      'model.layers.0.self_attn.some_table',
      'value_head.weight',
    ]);
  });

  test.each([
    'model.layers.0.self_attn.q_proj.bias',
    'model.layers.2.input_layernorm.weight',
    'model.layers.0.self_attn.k_norm.weight',
    'model.layers.0.self_attn.q_proj.qweight',
    'model.layers.0.mlp.experts.0.up_proj.weight',
    'base_model.layers.0.self_attn.q_proj.lora_B.weight',
    'model.embed_positions.weight',
    'lm_head.bias',
  ])('%s is refused', async (tensor) => {
    const source = await open({ ...randomTensors(), [tensor]: randomTensor([8]) });
    expect(() => checkCheckpoint(source, ARCHITECTURE)).toThrow(
      expect.objectContaining({ code: 'tensor-mismatch' }),
    );
  });
});

describe('PyTorch dictionaries', () => {
  const half = (storage = '0') => pickledTensor({ storage, elements: 8, shape: [2, 4], strides: [4, 1] });
  const storages = { 0: new Uint8Array(16), 1: new Uint8Array(16) };
  const dict = (values: Record<string, Uint8Array>) => {
    const items = Object.entries(values).flatMap(([name, value]) => [pickle.text(name), value]);
    return concat(pickle.dict, pickle.mark, ...items, pickle.setItems);
  };
  const names = async (values: Record<string, Uint8Array>, file = 'pytorch_model.bin') => {
    const bytes = torchZip(pickledDict(values), storages);
    return [...(await openCheckpoint(memoryFiles(new Map([[file, bytes]])))).tensors.keys()];
  };

  test('nested ones are flattened, numbers and training state left out', async () => {
    const optimizer = dict({ state: half() });
    expect(
      await names({
        model: dict({ 'norm.weight': half(), layers: dict({ 'a.weight': half('1') }) }),
        epoch: pickle.int(3),
        note: pickle.text('x'),
        optimizer,
      }),
    ).toEqual(['model.norm.weight', 'model.layers.a.weight']);
    expect(await names({ module: dict({ w: half() }), other: half() })).toEqual(['w']);
  });

  test('integers and truth values beside the weights do not hinder', async () => {
    const buffer = (storageType: string, elements: number) =>
      pickledTensor({ storage: '1', storageType, elements, shape: [elements], strides: [1] });
    expect(await names({ w: half(), i: buffer('LongStorage', 2), b: buffer('BoolStorage', 16) })).toEqual([
      'w',
      'i',
      'b',
    ]);
  });

  test('one that contains itself is refused', async () => {
    // {"a": itself}: the dictionary is put into the memo and taken from it again.
    const self = concat(
      pickle.start,
      pickle.dict,
      Uint8Array.of(0x71, 1),
      pickle.text('a'),
      Uint8Array.of(0x68, 1),
      Uint8Array.of(0x73),
      pickle.stop,
    );
    const files = memoryFiles(new Map([['pytorch_model.bin', torchZip(self, {})]]));
    await expect(openCheckpoint(files)).rejects.toMatchObject({ code: 'format-invalid' });
  });

  test('any single PyTorch file will do, several are ambiguous', async () => {
    for (const file of ['aquila.pt', 'consolidated.00.pth', 'model.bin']) {
      expect(await names({ w: half() }, file)).toEqual(['w']);
    }
    const bytes = torchZip(pickledDict({ w: half() }), storages);
    const folder = (...files: string[]) => memoryFiles(new Map(files.map((file) => [file, bytes])));
    await expect(openCheckpoint(folder('a.pt', 'optimizer.pt', 'training_args.bin'))).resolves.toBeDefined();
    await expect(openCheckpoint(folder('a.pt', 'b.pt'))).rejects.toMatchObject({
      code: 'format-invalid',
      details: { file: 'a.pt' },
    });
    await expect(openCheckpoint(folder('adapter_model.bin'))).rejects.toMatchObject({ code: 'file-missing' });
  });
});
