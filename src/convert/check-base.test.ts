import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AppError } from '../core/errors';
import { fromHalf, toHalf } from '../core/half';
import { openCheckpoint } from '../formats/checkpoint';
import type { CheckpointSource } from '../formats/checkpoint-types';
import { type MemoryFolder, memoryFiles } from '../formats/test-files';
import type { Architecture } from '../models/architecture';
import { readHfConfig } from '../models/read-config';
import { sharedPath } from '../tasks/shared-data';
import { checkBase } from './check-base';
import { mergeDelta } from './merge-delta';
import { TEST_CONFIG } from './test-checkpoint';

async function reasonOf(check: Parameters<typeof checkBase>[0]): Promise<string> {
  return checkBase(check).then(
    () => 'fits',
    (error: unknown) => {
      if (!(error instanceof AppError) || error.code !== 'base-mismatch') throw error;
      return String(error.details.reason);
    },
  );
}

/** Matrices of 64 x 1024, all sampled tensors alike. */
const ARCHITECTURE: Architecture = {
  ...readHfConfig(TEST_CONFIG, 'q0f16'),
  layers: 40,
  hidden: 1024,
};

/** A model of which every tensor is [64, 1024] f16. */
function model(make: (tensor: string) => Uint16Array<ArrayBuffer>, dtype = 'F16'): CheckpointSource {
  const names = ['0.self_attn.q_proj', '20.self_attn.q_proj', '39.self_attn.q_proj', '20.mlp.up_proj'];
  return {
    tensors: new Map(names.map((name) => [`model.layers.${name}.weight`, { dtype, shape: [64, 1024] }])),
    streamRows: () => {
      throw new Error('samples are read as rows');
    },
    readRows: async (name, start, end) => new Uint8Array(make(name).slice(start * 1024, end * 1024).buffer),
  };
}

function normals(seed: number, deviation: number, count = 1 << 16): Float64Array {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    let x = Math.imul(state ^ (state >>> 12), 0x297a2d39);
    x ^= x >>> 15;
    return ((x >>> 0) + 0.5) / 2 ** 32;
  };
  return Float64Array.from(
    { length: count },
    () => deviation * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

const halves = (values: ArrayLike<number>) => Uint16Array.from(values, toHalf);
const zip = (a: ArrayLike<number>, b: ArrayLike<number>, f: (x: number, y: number) => number) =>
  Float64Array.from({ length: a.length }, (_, i) => f(a[i]!, b[i]!));
const floats = (bits: Uint16Array) => Float64Array.from(bits, fromHalf);

/** A base, a target that was trained from it, and the delta as `make_delta` computes it. */
function family(ratio: number, decay: number, seed = 1) {
  const base = halves(normals(seed, 0.02));
  const change = normals(seed + 100, 0.02 * ratio);
  const target = halves(zip(floats(base), change, (b, c) => b * (1 - decay) + c));
  const delta = halves(zip(floats(target), floats(base), (t, b) => t - b));
  return { base, target, delta };
}

describe.each([
  [0.003, 0],
  [0.003, 0.1],
  [0.03, 0.02],
  [0.1, 0],
  [0.1, 0.1],
  [0.3, 0.05],
])('normal weights changed by %d, shrunk by %d', (ratio, decay) => {
  const { base, target, delta } = family(ratio, decay);
  const other = halves(normals(77, 0.021));
  const rounded = Uint16Array.from(base, (bits) => (bits + 3 + ((bits >> 3) & 1)) & ~7);
  const check = (d: Uint16Array<ArrayBuffer>, b: Uint16Array<ArrayBuffer>) =>
    reasonOf({ delta: model(() => d), base: model(() => b), architecture: ARCHITECTURE });

  test.each<[string, Uint16Array<ArrayBuffer>, Uint16Array<ArrayBuffer>, RegExp]>([
    ['the true base', delta, base, /^fits$/],
    ['another model', delta, other, /other weights/],
    ['the merged model', delta, target, /other weights|in it already/],
    ['the base in bfloat16', delta, rounded, /rounded to bfloat16|other weights/],
    ['a whole model as delta', target, base, /whole model/],
    ['another whole model as delta', other, base, /whole model/],
    ['the delta twice', delta, delta, /the same/],
    ['the base twice', base, base, /the same/],
    ['delta and base in each other’s place', base, delta, /swapped/],
  ])('%s', async (_, d, b, reason) => expect(await check(d, b)).toMatch(reason));
});

test('the true base passes whatever was done to it', async () => {
  for (let seed = 2; seed < 12; seed++) {
    const { base, delta } = family(0.001 * 1.8 ** seed, (seed % 5) / 20, seed);
    const reason = await reasonOf({
      delta: model(() => delta),
      base: model(() => base),
      architecture: ARCHITECTURE,
    });
    expect(reason, `seed ${seed}`).toBe('fits');
  }
});

describe('a delta that is no difference of f16 numbers', () => {
  const base = halves(normals(5, 0.02));
  const change = normals(6, 0.002);
  const delta = halves(change);
  const target = halves(zip(floats(base), change, (b, c) => b + c));
  const check = (b: Uint16Array<ArrayBuffer>, baseConfig?: object) =>
    reasonOf({
      delta: model(() => delta),
      base: model(() => b),
      architecture: ARCHITECTURE,
      baseConfig: baseConfig && { ...baseConfig },
    });

  test('passes over any base that its size allows, but for LLaMA 2 by its configuration', async () => {
    expect(await check(base)).toBe('fits');
    expect(await check(base, { max_position_embeddings: 2048, rms_norm_eps: 1e-6 })).toBe('fits');
    const llama2 = { max_position_embeddings: 4096, rms_norm_eps: 1e-5 };
    expect(await check(base, llama2)).toContain('LLaMA 2');
  });

  test('is found in a merged base', async () => expect(await check(target)).toMatch(/in it already/));
});

test('an empty delta changes nothing', async () => {
  const base = halves(normals(5, 0.02));
  const nothing = model(() => new Uint16Array(1 << 16));
  expect(await reasonOf({ delta: nothing, base: model(() => base), architecture: ARCHITECTURE })).toBe(
    'fits',
  );
});

const FIXTURE = sharedPath('fixtures', 'tiny-ziya');
if (!FIXTURE) console.warn('skipped: tiny-ziya is not on this machine');

describe.skipIf(!FIXTURE)('tiny-ziya', () => {
  const open = async (folder: string) => {
    const path = join(FIXTURE!, folder);
    const files: MemoryFolder = new Map(
      existsSync(path)
        ? readdirSync(path).map((name) => [name, new Uint8Array(readFileSync(join(path, name)))])
        : [],
    );
    const config = JSON.parse(new TextDecoder().decode(files.get('config.json'))) as Record<string, unknown>;
    return { source: await openCheckpoint(memoryFiles(files)), config };
  };
  const opened = FIXTURE ? Promise.all([open('delta'), open('base-llama')]) : undefined;

  test.each(['right', 'merged', 'reversed', 'whole', 'same'])('%s', async (kind) => {
    const [{ source: delta, config }, { source: base, config: baseConfig }] = (await opened)!;
    const architecture = readHfConfig(config, 'q0f16');
    const merged = mergeDelta(delta, base);
    /** The base with its rows in reverse order: other weights of the same distribution. */
    const reversed: CheckpointSource = {
      ...base,
      async readRows(name, start, end) {
        const { shape } = base.tensors.get(name)!;
        const bytes = await base.readRows(name, shape[0]! - end, shape[0]! - start);
        const rowBytes = bytes.length / (end - start);
        const rows = Array.from({ length: end - start }, (_, i) =>
          bytes.slice(i * rowBytes, (i + 1) * rowBytes),
        );
        return new Uint8Array(Buffer.concat(rows.reverse()));
      },
    };
    const check = (d: CheckpointSource, b: CheckpointSource) =>
      reasonOf({ delta: d, base: b, architecture, baseConfig });
    if (kind === 'right') expect(await check(delta, base)).toBe('fits');
    if (kind === 'merged') expect(await check(delta, merged)).toMatch(/in it already|other weights/);
    if (kind === 'reversed') expect(await check(delta, reversed)).toMatch(/other weights/);
    if (kind === 'whole') expect(await check(merged, base)).toMatch(/whole model|other weights/);
    if (kind === 'same') expect(await check(delta, delta)).toMatch(/the same/);
  });
});
