import { describe, expect, test } from 'vitest';
import { fromHalf, toHalf } from '../core/half';
import { quantizeFloats, quantizeHalves } from './quantize';
import { searchFloats, searchHalves } from './quantize-search';
import { fastSearchFloats, fastSearchHalves } from './quantize-simd';
import { gaussian, hardGroups, seeded } from './test-groups';

const codeOf = (words: Uint32Array, i: number) => (words[i >> 3]! >>> (4 * (i & 7))) & 15;

/** Sum over all weights of importance * (weight - (code - 7) * scale)^2. */
function squaredError(
  weights: ArrayLike<number>,
  words: Uint32Array,
  scales: ArrayLike<number>,
  importance: ArrayLike<number> = [1],
): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    const error = weights[i]! - (codeOf(words, i) - 7) * scales[i >> 5]!;
    sum += importance[i % importance.length]! * error ** 2;
  }
  return sum;
}

/** Least error of a group over every step of a fine grid, codes and fit in float64; shares nothing with the search. */
function leastError(group: readonly number[], importance: readonly number[]): number {
  const top = Math.max(...group.map(Math.abs));
  let least = Number.POSITIVE_INFINITY;
  for (const side of [1, -1]) {
    for (let steps = 4; steps < 16; steps += 0.05) {
      const codes = group.map((w) => Math.min(8, Math.max(-7, Math.round((side * w * steps) / top))));
      const product = (other: readonly number[]) =>
        codes.reduce((sum, code, i) => sum + importance[i]! * code * other[i]!, 0);
      const scale = product(group) / product(codes);
      least = Math.min(
        least,
        group.reduce((sum, w, i) => sum + importance[i]! * (w - codes[i]! * scale) ** 2, 0),
      );
    }
  }
  return least;
}

function searched(weights: Uint16Array<ArrayBuffer>, importance?: Uint8Array<ArrayBuffer>) {
  const words = new Uint32Array(weights.length / 8);
  const scales = new Uint16Array(weights.length / 32);
  expect(searchHalves(weights, words, scales, importance?.length ?? 32, importance)).toBe(-1);
  return { words, scales: Float64Array.from(scales, fromHalf) };
}

describe('search', () => {
  test('comes within one percent of the least error and beats plain rounding by far', () => {
    const next = seeded(1);
    const weights = Uint16Array.from({ length: 32 * 60 }, () => toHalf(0.02 * gaussian(next)));
    const values = Array.from(weights, fromHalf);
    const { words, scales } = searched(weights);
    const error = squaredError(values, words, scales);
    let least = 0;
    for (let at = 0; at < values.length; at += 32) {
      least += leastError(values.slice(at, at + 32), new Array(32).fill(1));
    }
    expect(error / least).toBeLessThan(1.012);
    const plainWords = new Uint32Array(words.length);
    const plainScales = new Uint16Array(scales.length);
    quantizeHalves(weights, plainWords, plainScales);
    const plain = squaredError(values, plainWords, Float64Array.from(plainScales, fromHalf));
    expect(error / plain).toBeLessThan(0.72);
  });

  test('weighs by importance', () => {
    const next = seeded(2);
    const weights = Uint16Array.from({ length: 32 * 60 }, () => toHalf(gaussian(next)));
    const values = Array.from(weights, fromHalf);
    const importance = Uint8Array.from({ length: 64 }, () => 1 + Math.floor(127 * next() ** 4));
    const { words, scales } = searched(weights, importance);
    let least = 0;
    for (let at = 0; at < values.length; at += 32) {
      least += leastError(values.slice(at, at + 32), [...importance.subarray(at % 64, (at % 64) + 32)]);
    }
    const error = squaredError(values, words, scales, importance);
    expect(error / least).toBeLessThan(1.02);
    const even = searched(weights);
    expect(error / squaredError(values, even.words, even.scales, importance)).toBeLessThan(0.95);
  });

  test('is exact where 16 codes and a scale suffice, whichever side is longer', () => {
    for (const side of [1, -1]) {
      const grid = Array.from({ length: 32 }, (_, i) => side * 0.0625 * ((i % 16) - 7));
      const { words, scales } = searched(Uint16Array.from(grid, toHalf));
      expect(scales[0]).toBe(side * 0.0625);
      expect(squaredError(grid, words, scales)).toBe(0);
    }
  });

  test('is no worse than plain rounding on any kind of group that is not subnormal', () => {
    const values = hardGroups(3, 60).map((value) => (Math.abs(value) < 2 ** -11 ? value * 4096 : value));
    const weights = Uint16Array.from(values, toHalf);
    const rounded = Array.from(weights, fromHalf);
    const { words, scales } = searched(weights);
    const plainWords = new Uint32Array(words.length);
    const plainScales = new Uint16Array(scales.length);
    quantizeHalves(weights, plainWords, plainScales);
    const plainValues = Float64Array.from(plainScales, fromHalf);
    const worse: number[] = [];
    for (let group = 0; group < scales.length; group++) {
      const part = rounded.slice(group * 32, group * 32 + 32);
      const here = words.subarray(group * 4, group * 4 + 4);
      const there = plainWords.subarray(group * 4, group * 4 + 4);
      const error = squaredError(part, here, scales.subarray(group, group + 1));
      const plain = squaredError(part, there, plainValues.subarray(group, group + 1));
      // Either may have the luck of a scale that f16 rounds less.
      const luck = 32 * (Math.max(...part.map(Math.abs)) * 2 ** -11) ** 2;
      if (error > 1.01 * plain + luck) worse.push(group);
    }
    expect(worse).toEqual([]);
  });

  test('zeros are scale 0 and code 7, as MLC has them', () => {
    const { words, scales } = searched(new Uint16Array(32).fill(0x8000));
    expect([...scales]).toEqual([0]);
    expect([...words]).toEqual(new Array(4).fill(0x77777777));
    const floats = new Float32Array(32).fill(1e-36);
    const floatScales = new Float32Array(1);
    expect(searchFloats(floats, words, floatScales, 32)).toBe(-1);
    expect([...floatScales]).toEqual([0]);
  });
});

describe('with vectors', () => {
  const importance = Uint8Array.from({ length: 96 }, (_, i) => 1 + ((i * 37) % 127));

  test.each([undefined, importance])('f16 gives the same bytes', (weighting) => {
    const hard = Uint16Array.from(hardGroups(4, 300), toHalf);
    const next = seeded(5);
    const weights = new Uint16Array(hard.length + 32 * 3000);
    weights.set(hard);
    for (let i = hard.length; i < weights.length; i++) weights[i] = toHalf(gaussian(next));
    const whole = weights.slice(0, Math.floor(weights.length / 96) * 96);
    const run = (search: typeof fastSearchHalves) => {
      const words = new Uint32Array(whole.length / 8);
      const scales = new Uint16Array(whole.length / 32);
      expect(search(whole, words, scales, 96, weighting)).toBe(-1);
      return { words, scales };
    };
    expect(run(fastSearchHalves)).toEqual(run(searchHalves));
  });

  test.each([undefined, importance])('f32 gives the same bytes', (weighting) => {
    const next = seeded(6);
    const sizes = Array.from({ length: 3000 }, () => 2 ** (next() * 250 - 130));
    const random = sizes.flatMap((size) => Array.from({ length: 32 }, () => gaussian(next) * size));
    const limit = 3.4e38;
    const weights = Float32Array.from([...random, ...hardGroups(7, 100)], (w) =>
      Math.min(limit, Math.max(-limit, w)),
    );
    const whole = weights.slice(0, Math.floor(weights.length / 96) * 96);
    const run = (search: typeof fastSearchFloats) => {
      const words = new Uint32Array(whole.length / 8);
      const scales = new Float32Array(whole.length / 32);
      expect(search(whole, words, scales, 96, weighting)).toBe(-1);
      return { words, scales };
    };
    expect(run(fastSearchFloats)).toEqual(run(searchFloats));
  });

  test('both tell the first group that is not finite', () => {
    for (const bad of [0x7c00, 0xfc00, 0x7e00, 0xfe01]) {
      const weights = new Uint16Array(96).fill(0x3c00);
      weights[95] = weights[40] = bad;
      for (const search of [searchHalves, fastSearchHalves]) {
        expect(search(weights, new Uint32Array(12), new Uint16Array(3), 96)).toBe(1);
      }
      const floats = Float32Array.from(weights, fromHalf);
      for (const search of [searchFloats, fastSearchFloats]) {
        expect(search(floats, new Uint32Array(12), new Float32Array(3), 96)).toBe(1);
      }
    }
  });

  test('nothing to do is done', () => {
    expect(fastSearchFloats(new Float32Array(0), new Uint32Array(0), new Float32Array(0), 32)).toBe(-1);
    expect(quantizeFloats(new Float32Array(0), new Uint32Array(0), new Float32Array(0))).toBe(-1);
  });
});
