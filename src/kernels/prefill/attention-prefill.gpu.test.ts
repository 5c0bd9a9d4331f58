import { describe, expect, it } from 'vitest';
import { fromHalf, toHalf } from '../../core/half';
import { readBuffer, upload } from '../../gpu/test-gpu';
import { attentionRows, emptyCache, ropeKvRows } from '../cpu/prefill';
import { normal, poisoned, readGuarded, worstError } from '../test-kernels';
import { attentionPrefill } from './attention-prefill';
import { chunkContext, runSteps } from './test-prefill';
import { ropeKv } from './token-ops';

/** What lies in the cache where nothing was written: NaN, so that reading it shows. */
const NAN_HALF = 0x7e00;

/** Positions 0 .. start by an earlier chunk of the CPU, then `tokens` by the kernels. */
async function check(
  shape: { heads: number; kvHeads: number; headDim: number },
  tokens: number,
  start: number,
) {
  const { heads, kvHeads, headDim } = shape;
  const capacity = start + tokens + 5;
  const context = await chunkContext({}, tokens, { start, capacity });
  const { gpu } = context;
  const width = (heads + 2 * kvHeads) * headDim;
  const angles = Float64Array.from({ length: (capacity * headDim) / 2 }, (_, i) => i * 0.37);
  const rope = Float32Array.from({ length: capacity * headDim }, (_, i) =>
    (i % 2 ? Math.sin : Math.cos)(angles[i >> 1]!),
  );
  const reference = emptyCache(shape, capacity);
  ropeKvRows(shape, normal(8, start * width), rope, 0, reference);
  const stored = (values: Float64Array) =>
    Uint16Array.from(values, (value, i) => {
      const position = Math.floor(i / headDim) % capacity;
      return position < start ? toHalf(value) : NAN_HALF;
    });
  const cache = {
    k: upload(gpu.device, 'k', stored(reference.k)),
    v: upload(gpu.device, 'v', stored(reference.v)),
  };
  const qkv = normal(9, tokens * width);
  const count = tokens * heads * headDim;
  const q = poisoned(gpu, 'q', count);
  const y = poisoned(gpu, 'y', count);
  const steps = [
    await ropeKv(context, {
      ...shape,
      qkv: upload(gpu.device, 'qkv', qkv),
      rope: upload(gpu.device, 'rope', rope),
      q,
      cache,
    }),
    await attentionPrefill(context, { ...shape, q, cache, y }),
  ];
  runSteps(context, steps, tokens);

  const expectedQ = ropeKvRows(shape, qkv, rope, start, reference);
  expect(worstError(await readGuarded(gpu, q, count), expectedQ), 'q').toBeLessThan(1e-6);
  for (const part of ['k', 'v'] as const) {
    const bits = new Uint16Array(await readBuffer(gpu.device, cache[part]));
    const written: number[] = [];
    const expected: number[] = [];
    for (let i = 0; i < kvHeads * capacity * headDim; i++) {
      if (Math.floor(i / headDim) % capacity < start + tokens) {
        written.push(fromHalf(bits[i]!));
        expected.push(reference[part][i]!);
      } else expect(bits[i]).toBe(NAN_HALF);
    }
    // A value between two halves may round either way after f32 arithmetic.
    expect(worstError(written, expected), part).toBeLessThan(4e-3);
  }
  const expectedY = attentionRows(shape, expectedQ, reference, start);
  expect(worstError(await readGuarded(gpu, y, count), expectedY), 'y').toBeLessThan(3e-3);
}

describe('rope_kv and attention_prefill', () => {
  it.each([
    [{ heads: 2, kvHeads: 2, headDim: 32 }, 1, 0],
    [{ heads: 2, kvHeads: 2, headDim: 32 }, 33, 0],
    [{ heads: 2, kvHeads: 1, headDim: 64 }, 70, 31],
    [{ heads: 6, kvHeads: 1, headDim: 128 }, 40, 64],
    [{ heads: 3, kvHeads: 3, headDim: 80 }, 5, 100],
    [{ heads: 2, kvHeads: 1, headDim: 256 }, 34, 3],
    [{ heads: 12, kvHeads: 2, headDim: 18 }, 20, 7],
  ])('%o, %i tokens from %i', check);
});
