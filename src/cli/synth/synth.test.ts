/** What synth writes is what it says: checkpoints that open, packages that are what their conversion would be. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { convertModel } from '../../convert/convert-model';
import { MemoryPlace } from '../../convert/test-sink';
import { fromHalf } from '../../core/half';
import { openCheckpoint } from '../../formats/checkpoint';
import { openPackage } from '../../models/package';
import { folderFiles } from '../folder-files';
import { type SynthOrder, writeSynth } from '../synth';
import { SHAPES, type Shape } from './shapes';

const small = { layers: 2, hidden: 64, heads: 2, kvHeads: 2, headDim: 32, intermediate: 96 };
const SMALL: Shape = {
  ...SHAPES['ziya-13b'],
  architecture: { ...SHAPES['ziya-13b'].architecture, ...small, vocab: 33_000 },
};
const ORDER: Omit<SynthOrder, 'out'> = {
  shapeName: 'ziya-13b',
  shape: SMALL,
  isPackage: false,
  format: 'safetensors',
  dtype: 'F16',
  base: undefined,
  shardBytes: 1e6,
  seed: 3,
  tokenizer: undefined,
};
const HEAD = 'lm_head.weight';

let scratch: string;
const at = (name: string) => join(scratch, name);
const make = async (name: string, changes: Partial<SynthOrder> = {}) => {
  await writeSynth({ ...ORDER, out: at(name), ...changes }, () => {});
  return openCheckpoint(folderFiles(at(name)));
};
const halves = async (source: Awaited<ReturnType<typeof make>>, name: string, end: number) =>
  Array.from(new Uint16Array((await source.readRows(name, 0, end)).buffer), fromHalf);

/** Vitest compares value by value, which takes seconds for a megabyte. */
const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.from(a.buffer, a.byteOffset, a.length).equals(b);

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'aerie-synth-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('checkpoints', () => {
  test('hold normal values, and no row twice', async () => {
    const source = await make('plain');
    expect(source.tensors.get(HEAD)).toMatchObject({ dtype: 'F16', shape: [33_000, 64] });
    const values = await halves(source, HEAD, 33_000);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(2e-4);
    expect(Math.sqrt(variance)).toBeCloseTo(0.02, 3);
    const rows = new Set(
      Array.from({ length: 33_000 }, (_, row) => values.slice(row * 64, row * 64 + 8).join()),
    );
    expect(rows.size).toBe(33_000);
    const norm = await halves(source, 'model.norm.weight', 64);
    expect(norm.every((value) => Math.abs(value - 1) < 0.4)).toBe(true);
  });

  test('are the same in PyTorch’s format, and in several files in order', async () => {
    const plain = await make('as-safetensors');
    const torch = await make('as-torch', { format: 'torch', shardBytes: 5e6 });
    expect([...torch.tensors.keys()]).toEqual([...plain.tensors.keys()]);
    for (const [name, { shape }] of plain.tensors) {
      const rows = shape[0]!;
      const bytes = await plain.readRows(name, 0, rows);
      expect(isSame(await torch.readRows(name, 0, rows), bytes), name).toBe(true);
    }
  });

  test('in bf16 and f32 are the f16 ones but for rounding; another seed makes others', async () => {
    const [half, wide, other] = await Promise.all([
      make('half'),
      make('wide', { dtype: 'F32' }),
      make('other', { seed: 4 }),
    ]);
    const near = await halves(half, HEAD, 4);
    const exact = new Float32Array((await wide.readRows(HEAD, 0, 4)).buffer);
    for (const [i, value] of near.entries()) expect(value).toBeCloseTo(exact[i]!, 4);
    expect((await make('narrow', { dtype: 'BF16' })).tensors.get(HEAD)?.dtype).toBe('BF16');
    expect(await halves(other, HEAD, 4)).not.toEqual(near);
  });

  test('a delta is small, its vocabulary whole, its base as LLaMA', async () => {
    const delta = await make('delta', { base: at('base') });
    const base = await openCheckpoint(folderFiles(at('base')));
    expect(base.tensors.get(HEAD)?.shape).toEqual([32_000, 64]);
    expect(delta.tensors.get(HEAD)?.shape).toEqual([33_000, 64]);
    const largest = (values: number[]) => Math.max(...values.map(Math.abs));
    const name = 'model.layers.0.mlp.up_proj.weight';
    expect(largest(await halves(delta, name, 96))).toBeLessThan(0.1 * largest(await halves(base, name, 96)));
    expect(await halves(delta, HEAD, 2)).toEqual(await halves(base, HEAD, 2));
  });
});

test('a package is what plain rounding makes of the checkpoint', async () => {
  await make('source', { shardBytes: 4e9 });
  await writeSynth({ ...ORDER, out: at('package'), isPackage: true }, () => {});
  const place = new MemoryPlace();
  await convertModel({
    source: folderFiles(at('source')),
    quantization: 'q4f16_1',
    rounding: 'plain',
    sink: place.open(),
    about: { name: 'ziya-13b-random', licence: '' },
  });
  const { manifest } = await openPackage(folderFiles(at('package')));
  for (const { name } of manifest.shards) {
    expect(isSame(readFileSync(at(`package/${name}`)), place.finished!.get(name)!), name).toBe(true);
  }
  for (const name of ['tensor-cache.json', 'mlc-chat-config.json']) {
    expect(readFileSync(at(`package/${name}`), 'utf8')).toBe(
      new TextDecoder().decode(place.finished!.get(name)),
    );
  }
});
