import { describe, expect, it } from 'vitest';
import { readBuffer, upload } from '../../gpu/test-gpu';
import { attentionRows, emptyCache, ropeKvRows } from '../cpu/prefill';
import { normal, poisoned, readGuarded, worstError } from '../test-kernels';
import { emptyLayer, storedValues, testTensor } from '../test-kv';
import type { KvFormat } from '../types';
import { attentionColumns, columnScratchBytes } from './attention-columns';
import { attentionPrefill } from './attention-prefill';
import { ropeKv } from './rope-kv';
import { chunkContext, runSteps } from './test-prefill';

interface Case {
  readonly format: KvFormat;
  readonly shape: { readonly heads: number; readonly kvHeads: number; readonly headDim: number };
  /** With the sizes for such adapters. */
  readonly isSoftware: boolean;
  /** [tokens, start] */
  readonly runs: readonly (readonly [number, number])[];
}

/** Odd positions and tails; several runs per pipeline, because compiling takes the time. */
const SHAPES: readonly Case[] = [
  {
    format: 'f16',
    shape: { heads: 6, kvHeads: 1, headDim: 128 },
    isSoftware: false,
    runs: [
      [40, 64],
      [1, 0],
      [17, 100],
    ],
  },
  {
    format: 'f16',
    shape: { heads: 3, kvHeads: 1, headDim: 128 },
    isSoftware: true,
    runs: [
      [40, 64],
      [9, 0],
    ],
  },
  {
    format: 'int8',
    shape: { heads: 3, kvHeads: 3, headDim: 80 },
    isSoftware: false,
    runs: [
      [70, 31],
      [5, 200],
    ],
  },
  {
    format: 'f16',
    shape: { heads: 2, kvHeads: 1, headDim: 256 },
    isSoftware: false,
    runs: [
      [34, 3],
      [8, 300],
    ],
  },
  { format: 'int8', shape: { heads: 2, kvHeads: 1, headDim: 256 }, isSoftware: true, runs: [[34, 3]] },
  { format: 'f16', shape: { heads: 4, kvHeads: 2, headDim: 20 }, isSoftware: true, runs: [[20, 7]] },
];

describe.each(SHAPES)('attention_prefill %o', ({ format, shape, isSoftware, runs }) => {
  it.each(runs)('%i tokens from %i', async (tokens, start) => {
    const { heads, kvHeads, headDim } = shape;
    const capacity = start + tokens + 5;
    const context = await chunkContext({}, tokens, { start, capacity, isSoftware });
    const { gpu } = context;
    const count = tokens * heads * headDim;
    const q = normal(1, count, 2);
    const k = testTensor(gpu, format, { kvHeads, headDim }, capacity, start + tokens, 2);
    const v = testTensor(gpu, format, { kvHeads, headDim }, capacity, start + tokens, 3);
    const y = poisoned(gpu, 'y', count);
    const args = { ...shape, q: upload(gpu.device, 'q', q), format, cache: { k: k.buffer, v: v.buffer }, y };
    runSteps(context, [await attentionPrefill(context, args)], tokens, start);
    const cache = { capacity, k: k.values, v: v.values };
    const expected = attentionRows(shape, Float64Array.from(q), cache, start);
    expect(worstError(await readGuarded(gpu, y, count), expected)).toBeLessThan(1e-5);
  });
});

// Both kernels for one head per KV head as on a GPU; the smaller one for three in blocks of four rows; enough positions
// for splits.
const COLUMNS: readonly Case[] = [
  {
    format: 'f16',
    shape: { heads: 2, kvHeads: 2, headDim: 128 },
    isSoftware: false,
    runs: [
      [1, 0],
      [3, 61],
      [7, 300],
    ],
  },
  {
    format: 'int8',
    shape: { heads: 6, kvHeads: 2, headDim: 36 },
    isSoftware: true,
    runs: [
      [2, 513],
      [8, 4200],
    ],
  },
];

describe.each(COLUMNS)('attention over columns %o', ({ format, shape, isSoftware, runs }) => {
  it.each(runs)('%i tokens from %i', async (tokens, start) => {
    const { heads, kvHeads, headDim } = shape;
    const capacity = start + tokens + 3;
    const context = await chunkContext({}, tokens, { start, capacity, isSoftware });
    const { gpu } = context;
    const count = tokens * heads * headDim;
    const q = normal(4, count, 2);
    const k = testTensor(gpu, format, { kvHeads, headDim }, capacity, start + tokens, 5);
    const v = testTensor(gpu, format, { kvHeads, headDim }, capacity, start + tokens, 6);
    const bytes = columnScratchBytes(gpu, shape);
    const y = poisoned(gpu, 'y', count);
    const shares = poisoned(gpu, 'shares', bytes.shares / 4);
    const extent = poisoned(gpu, 'extent', bytes.extent / 4);
    const cache = { k: k.buffer, v: v.buffer };
    const args = { ...shape, q: upload(gpu.device, 'q', q), format, cache, y, shares, extent };
    runSteps(context, await attentionColumns(context, args), tokens, start);
    const stored = { capacity, k: k.values, v: v.values };
    const expected = attentionRows(shape, Float64Array.from(q), stored, start);
    expect(worstError(await readGuarded(gpu, y, count), expected)).toBeLessThan(1e-5);
    await readGuarded(gpu, shares, bytes.shares / 4);
    await readGuarded(gpu, extent, bytes.extent / 4);
  });
});

describe('rope_kv and store_kv', () => {
  it.each<[KvFormat, Case['shape'], number, number]>([
    ['f16', { heads: 2, kvHeads: 1, headDim: 64 }, 70, 31],
    ['int8', { heads: 2, kvHeads: 1, headDim: 64 }, 7, 31],
    ['int8', { heads: 3, kvHeads: 3, headDim: 256 }, 5, 2],
    ['int8', { heads: 12, kvHeads: 2, headDim: 4 }, 20, 7],
  ])('%s %o, %i tokens from %i', async (format, shape, tokens, start) => {
    const { heads, kvHeads, headDim } = shape;
    const capacity = start + tokens + 5;
    const context = await chunkContext({}, tokens, { start, capacity });
    const { gpu } = context;
    const width = (heads + 2 * kvHeads) * headDim;
    const rope = Float32Array.from({ length: capacity * headDim }, (_, i) =>
      (i % 2 ? Math.sin : Math.cos)((i >> 1) * 0.37),
    );
    const qkv = normal(9, tokens * width);
    qkv.fill(0, heads * headDim, (heads + 1) * headDim); // the first key of the chunk has no scale
    const count = tokens * heads * headDim;
    const q = poisoned(gpu, 'q', count);
    const rows = poisoned(gpu, 'rows', tokens * 2 * kvHeads * headDim);
    const cache = emptyLayer(gpu, format, shape, capacity);
    const steps = await ropeKv(context, {
      ...shape,
      qkv: upload(gpu.device, 'qkv', qkv),
      rope: upload(gpu.device, 'rope', rope),
      q,
      format,
      cache,
      rows,
    });
    runSteps(context, steps, tokens, start);

    const reference = emptyCache(shape, capacity);
    const expectedQ = ropeKvRows(shape, qkv, rope, start, reference);
    expect(worstError(await readGuarded(gpu, q, count), expectedQ), 'q').toBeLessThan(1e-6);
    await readGuarded(gpu, rows, tokens * 2 * kvHeads * headDim);
    for (const part of ['k', 'v'] as const) {
      const found = storedValues(format, await readBuffer(gpu.device, cache[part]), shape, capacity);
      for (let row = 0; row < kvHeads * capacity; row++) {
        const position = row % capacity;
        const isWritten = position >= start && position < start + tokens;
        const values = found.subarray(row * headDim, (row + 1) * headDim);
        const expected = reference[part].subarray(row * headDim, (row + 1) * headDim);
        const most = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        // Half a step of the format, and what the reference's own rounding to halves takes.
        const step = format === 'f16' ? 1 / 1024 : 0.5 / 127 + 1 / 2048;
        for (const [d, value] of values.entries()) {
          if (!isWritten) expect(value).toBeNaN();
          else expect(Math.abs(value - expected[d]!)).toBeLessThanOrEqual(most * step * 1.001);
        }
      }
    }
  });
});
