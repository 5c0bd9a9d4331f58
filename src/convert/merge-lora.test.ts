import { describe, expect, test } from 'vitest';
import { toHalf } from '../core/half';
import { openCheckpoint } from '../formats/checkpoint';
import type { CheckpointSource } from '../formats/checkpoint-types';
import {
  concat,
  type MemoryFolder,
  memoryFiles,
  safetensors,
  type TestTensor,
  textBytes,
} from '../formats/test-files';
import { readHfConfig } from '../models/read-config';
import { addLowRank, addLowRankPlain } from './add-low-rank';
import { toHalves } from './half-tables';
import { asHfLayout } from './layouts/as-hf';
import { mergeLora } from './merge-lora';
import { openLora } from './open-lora';
import { checkpointFolder, randomTensor, randomTensors, TEST_CONFIG } from './test-checkpoint';
import { flagaiCopy, type LoraOptions, loraFor } from './test-layouts';

const CONFIG = { ...TEST_CONFIG, intermediate_size: 192 };
const ARCHITECTURE = readHfConfig(CONFIG, 'q0f16');
const tensors = randomTensors('F16', CONFIG);
const original = checkpointFolder(tensors, CONFIG);

async function merge(base: MemoryFolder, lora: MemoryFolder): Promise<CheckpointSource> {
  const source = asHfLayout(await openCheckpoint(memoryFiles(base)), ARCHITECTURE);
  return mergeLora(source, await openLora(memoryFiles(lora)), ARCHITECTURE);
}

async function streamed(source: CheckpointSource, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for await (const { bytes } of source.streamRows(name)) parts.push(bytes);
  return concat(...parts);
}

describe.each<[string, LoraOptions]>([
  ['all projections', { rank: 5, alpha: 16 }],
  ['q and v alone, in PyTorch form', { rank: 8, alpha: 16, targets: ['q_proj', 'v_proj'], format: 'torch' }],
  ['the head', { rank: 2, alpha: 3, targets: ['lm_head', 'down_proj'] }],
  ["FlagAI's names and row order", { rank: 4, alpha: 8, layout: 'flagai' }],
  ['fused matrices', { rank: 6, alpha: 8, layout: 'flash' }],
])('%s', (_, options) => {
  test('base and LoRA are the original again', async () => {
    const { base, lora } = await loraFor(memoryFiles(original), options);
    const plain = asHfLayout(await openCheckpoint(memoryFiles(base)), ARCHITECTURE);
    const merged = await merge(base, lora);
    let changed = 0;
    for (const [name, { bytes }] of Object.entries(tensors)) {
      const { dtype, shape } = merged.tensors.get(name)!;
      if (dtype === 'F32') changed++;
      const halves = toHalves(await streamed(merged, name), dtype); // [n] f16
      expect(Buffer.compare(new Uint8Array(halves.buffer), bytes), name).toBe(0);
      const rowBytes = bytes.length / shape[0]!;
      const rows = toHalves(await merged.readRows(name, 3, 20), dtype);
      const part = bytes.subarray(3 * rowBytes, 20 * rowBytes);
      expect(Buffer.compare(new Uint8Array(rows.buffer), part), name).toBe(0);
      if (dtype !== 'F32') continue;
      // It was not the original before.
      expect(Buffer.compare(await streamed(plain, name), await streamed(merged, name))).not.toBe(0);
    }
    const perLayer = options.targets?.filter((target) => target !== 'lm_head').length ?? 7;
    expect(changed).toBe(2 * perLayer + (options.targets?.includes('lm_head') ? 1 : 0));
  });
});

test("Hugging Face's LoRA over FlagAI's checkpoint, and the other way round, are the same model", async () => {
  const files = memoryFiles(original);
  const bases = [original, await flagaiCopy(files, { isNested: false })];
  const results: Uint8Array[] = [];
  for (const layout of ['hf', 'flagai'] as const) {
    const { lora } = await loraFor(files, { rank: 4, alpha: 8, layout });
    for (const base of bases) {
      results.push(await streamed(await merge(base, lora), 'model.layers.1.self_attn.q_proj.weight'));
    }
  }
  for (const result of results) expect(Buffer.compare(result, results[0]!)).toBe(0);
});

describe('the sum', () => {
  const floats = (count: number) => new Float32Array(randomTensor([count], 'F32').bytes.buffer);

  test.each([1, 3, 8, 64])('rank %i, with vectors and without, is right to the last place', (rank) => {
    for (const [rows, width] of [
      [5, 33],
      [3, 16],
      [7, 160],
    ] as const) {
      const [w, left, right] = [floats(rows * width), floats((rows + 2) * rank), floats(rank * width)];
      const got = w.slice();
      addLowRank(got, { left, right, rank, scale: 0.7 }, 2);
      const plain = w.slice();
      addLowRankPlain(plain, { left, right, rank, scale: 0.7 }, 2);
      expect(Buffer.compare(new Uint8Array(got.buffer), new Uint8Array(plain.buffer))).toBe(0);
      for (let at = 0; at < got.length; at++) {
        let [sum, size] = [0, 0];
        for (let k = 0; k < rank; k++) {
          const term = left[(Math.floor(at / width) + 2) * rank + k]! * right[k * width + (at % width)]!;
          sum += term;
          size += Math.abs(term);
        }
        const exact = w[at]! + 0.7 * sum;
        // Half a unit of the result; the sum's own roundings are as many as it has terms, each of its size.
        const bound = (Math.abs(exact) + 0.7 * size * (rank + 3)) * 2 ** -24;
        expect(Math.abs(got[at]! - exact)).toBeLessThanOrEqual(bound);
      }
    }
  });
});

const F32 = (shape: readonly number[]) => randomTensor(shape, 'F32');
const A = 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight';
const B = 'base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight';
const adapter = (config: object, weights: Record<string, TestTensor>): MemoryFolder =>
  new Map([
    ['adapter_config.json', textBytes(JSON.stringify({ peft_type: 'LORA', r: 4, lora_alpha: 8, ...config }))],
    ['adapter_model.safetensors', safetensors(weights)],
  ]);
const good = { [A]: F32([4, 64]), [B]: F32([64, 4]) };

describe('strength', () => {
  const scale = async (config: object) => {
    const lora = await openLora(memoryFiles(adapter(config, good)));
    return lora.config.scaleOf('model.layers.0.self_attn.q_proj');
  };
  test.each<[object, number]>([
    [{}, 2],
    [{ use_rslora: true }, 4],
    [{ alpha_pattern: { q_proj: 12 } }, 3],
    [{ alpha_pattern: { v_proj: 12, 'layers.1.self_attn.q_proj': 1 } }, 2],
    [{ alpha_pattern: { '^model.layers.0.self_attn.q_proj': 4 } }, 1],
    [{ r: 16, rank_pattern: { q_proj: 4 } }, 2],
    [{ r: 16, rank_pattern: { proj: 4 } }, 0.5],
  ])('%j', async (config, expected) => expect(await scale(config)).toBe(expected));
});

test('an adapter name, an embedding, a module trained whole', async () => {
  const head = randomTensor([300, 64]);
  const weights = {
    [A.replace('.weight', '.default.weight')]: good[A]!,
    [B.replace('.weight', '.default.weight')]: good[B]!,
    'base_model.model.model.embed_tokens.lora_embedding_A': F32([4, 300]),
    'base_model.model.model.embed_tokens.lora_embedding_B': F32([64, 4]),
    'base_model.model.lm_head.modules_to_save.default.weight': head,
  };
  const merged = await merge(original, adapter({ bias: 'none', use_dora: false }, weights));
  expect(await streamed(merged, 'lm_head.weight')).toEqual(head.bytes);
  const a = new Float32Array(weights['base_model.model.model.embed_tokens.lora_embedding_A']!.bytes.buffer);
  const b = new Float32Array(weights['base_model.model.model.embed_tokens.lora_embedding_B']!.bytes.buffer);
  const before = new Uint16Array(tensors['model.embed_tokens.weight']!.bytes.buffer);
  const after = new Float32Array((await streamed(merged, 'model.embed_tokens.weight')).buffer);
  for (const [row, column] of [
    [0, 0],
    [7, 63],
    [299, 5],
  ] as const) {
    let sum = 0;
    for (let k = 0; k < 4; k++) sum += a[k * 300 + row]! * b[column * 4 + k]!;
    const at = row * 64 + column;
    const difference = after[at]! - 2 * sum;
    expect(toHalf(difference)).toBe(before[at]);
  }
});

describe('is refused', () => {
  const error = async (config: object, weights: Record<string, TestTensor> = good) =>
    merge(original, adapter(config, weights)).then(
      () => 'merged',
      ({ code, details }) => `${code} ${details.tensor ?? details.file ?? ''}: ${details.reason ?? ''}`,
    );
  test.each<[object, string]>([
    [{ peft_type: 'IA3' }, 'IA3'],
    [{ use_dora: true }, 'DoRA'],
    [{ fan_in_fan_out: true }, 'fan_in_fan_out'],
    [{ bias: 'lora_only' }, 'bias lora_only'],
    [{ layer_replication: [[0, 2]] }, 'layer_replication'],
    [{ init_lora_weights: 'pissa' }, 'pissa'],
    [{ alpha_pattern: { '.*q_proj|(a+)+$': 3 } }, 'pattern'],
    [{ r: 0 }, 'r is 0'],
    [{ r: undefined }, 'r is undefined'],
    [{ r: 8 }, 'expected [8, 64]'],
  ])('%j', async (config, reason) => {
    const text = await error(config);
    expect(text).toMatch(/^lora-mismatch/);
    expect(text).toContain(reason);
  });

  const path = (tensor: string) => `base_model.model.${tensor}`;
  test.each<[string, Record<string, TestTensor>, string]>([
    ['nothing', {}, ''],
    ['half of a pair', { [A]: good[A]! }, A],
    ['wrong inputs', { ...good, [A]: F32([4, 32]) }, A],
    ['wrong outputs', { ...good, [B]: F32([32, 4]) }, B],
    ['a layer too many', rename(good, 'layers.0', 'layers.2'), A.replace('layers.0', 'layers.2')],
    [
      'another model',
      rename(good, 'self_attn.q_proj', 'attn.c_attn'),
      A.replace('self_attn.q_proj', 'attn.c_attn'),
    ],
    [
      'a norm',
      rename(good, 'self_attn.q_proj', 'input_layernorm'),
      A.replace('self_attn.q_proj', 'input_layernorm'),
    ],
    [
      'two adapters',
      { ...good, [A.replace('.weight', '.other.weight')]: F32([4, 64]) },
      A.replace('.weight', '.other.weight'),
    ],
    [
      'magnitudes',
      { ...good, [A.replace('lora_A.weight', 'lora_magnitude_vector')]: F32([64]) },
      A.replace('lora_A.weight', 'lora_magnitude_vector'),
    ],
    [
      'a bias',
      { ...good, [path('model.layers.0.self_attn.q_proj.bias')]: F32([64]) },
      path('model.layers.0.self_attn.q_proj.bias'),
    ],
    [
      'a whole module beside its LoRA',
      { ...good, [path('model.layers.0.self_attn.q_proj.weight')]: F32([64, 64]) },
      path('model.layers.0.self_attn.q_proj.weight'),
    ],
    [
      'a whole module of another shape',
      { ...good, [path('lm_head.weight')]: F32([301, 64]) },
      path('lm_head.weight'),
    ],
    [
      'an unknown whole module',
      { ...good, [path('score.modules_to_save.weight')]: F32([2, 64]) },
      path('score.modules_to_save.weight'),
    ],
  ])('%s', async (_, weights, tensor) => {
    expect(await error({}, weights)).toMatch(`lora-mismatch ${tensor}`);
  });

  test('files that are missing', async () => {
    const folder = adapter({}, good);
    folder.delete('adapter_model.safetensors');
    await expect(openLora(memoryFiles(folder))).rejects.toMatchObject({ code: 'file-missing' });
    await expect(openLora(memoryFiles(new Map()))).rejects.toMatchObject({ code: 'file-missing' });
  });
});

function rename(weights: Record<string, TestTensor>, from: string, to: string): Record<string, TestTensor> {
  return Object.fromEntries(Object.entries(weights).map(([name, t]) => [name.replace(from, to), t]));
}
