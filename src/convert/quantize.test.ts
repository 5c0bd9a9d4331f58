import { describe, expect, test } from 'vitest';
import { floatBitsToHalf, fromBfloat, fromHalf, toHalf } from '../core/half';
import { toFloats, toHalves } from './half-tables';
import { quantizeFloats, quantizeHalves } from './quantize';

const HALF_VALUES = Float64Array.from({ length: 0x7c01 }, (_, bits) =>
  bits === 0x7c00 ? 65536 : fromHalf(bits),
);

/** Nearest f16 by search through all of them, ties to the even one; shares no code with toHalf. */
function nearestHalf(value: number): number {
  const magnitude = Math.abs(value);
  let low = 0;
  let high = 0x7c00;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (HALF_VALUES[middle]! <= magnitude) low = middle;
    else high = middle;
  }
  const below = magnitude - HALF_VALUES[low]!;
  const above = HALF_VALUES[high]! - magnitude;
  const bits = below < above || (below === above && low % 2 === 0) ? low : high;
  return value < 0 || Object.is(value, -0) ? bits | 0x8000 : bits;
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** The rule as it is written, one weight at a time. */
function reference(weights: ArrayLike<number>, round: (value: number) => number) {
  const max = Math.max(...Array.from(weights, Math.abs));
  const scale = round(max / 7);
  const codes = Array.from(weights, (w) =>
    scale === 0 ? 7 : Math.min(14, Math.max(0, roundHalfEven(round(w / scale) + 7))),
  );
  return { scale, codes };
}

function unpack(words: Uint32Array): number[] {
  return [...words].flatMap((word) => Array.from({ length: 8 }, (_, i) => (word >>> (4 * i)) & 15));
}

let seed = 1;
/** xorshift32, so that a failure repeats. */
function random(): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) / 2 ** 32;
}

function checkHalves(halves: readonly number[]): void {
  const groups = halves.length / 32;
  const words = new Uint32Array(groups * 4);
  const scales = new Uint16Array(groups);
  expect(quantizeHalves(Uint16Array.from(halves), words, scales)).toBe(-1);
  for (let group = 0; group < groups; group++) {
    const weights = halves.slice(group * 32, group * 32 + 32).map(fromHalf);
    const want = reference(weights, (value) => fromHalf(nearestHalf(value)));
    expect(fromHalf(scales[group]!)).toBe(want.scale);
    expect(unpack(words.subarray(group * 4, group * 4 + 4))).toEqual(want.codes);
  }
}

describe('q4f16_1', () => {
  test('agrees with the rule on random groups of every magnitude', () => {
    const halves: number[] = [];
    for (let group = 0; group < 2000; group++) {
      const max = Math.floor(random() * 0x7c00);
      const least = random() < 0.5 ? 0 : Math.max(0, max - 0x1000);
      for (let i = 0; i < 32; i++) {
        const magnitude = i === 5 ? max : least + Math.floor(random() * (max - least));
        halves.push(magnitude | (random() < 0.5 ? 0x8000 : 0));
      }
    }
    checkHalves(halves);
  });

  test('agrees where t + 7 is a tie or beside one', () => {
    const halves: number[] = [];
    for (const scale of [0x1400, 0x2e66, 0x3c00, 0x3c01, 0x0001, 0x0003, 0x0155, 0x0400, 0x6b00]) {
      for (let step = -1; step <= 1; step++) {
        halves.push(nearestHalf(fromHalf(scale) * 7));
        for (let i = 1; i < 32; i++) {
          const tie = toHalf(fromHalf(scale) * (((i - 1) % 15) - 6.5));
          halves.push(tie & 0x7fff ? tie + step : tie);
        }
      }
    }
    checkHalves(halves);
  });

  test('edge cases', () => {
    const group = (first: number, rest: number) => [first, ...Array.from({ length: 31 }, () => rest)];
    checkHalves(group(0, 0));
    checkHalves(group(0x8000, 0x8000)); // negative zeros
    checkHalves(group(0xc700, 0x4700)); // the largest is negative
    checkHalves(group(0x0003, 0x8002)); // max / 7 rounds to zero
    checkHalves(group(0x0004, 0x8001)); // and to the least subnormal
    checkHalves(group(0x000a, 0x800a)); // so coarse a scale that codes are clamped
    checkHalves(group(0x7bff, 0xfbff));
    const words = new Uint32Array(4);
    quantizeHalves(Uint16Array.from(group(0, 0)), words, new Uint16Array(1));
    expect([...words]).toEqual([0x77777777, 0x77777777, 0x77777777, 0x77777777]);
  });

  test('puts the first code into the lowest nibble', () => {
    const halves = Uint16Array.from({ length: 32 }, (_, i) => toHalf(Math.min(i, 14) - 7));
    const words = new Uint32Array(4);
    const scales = new Uint16Array(1);
    quantizeHalves(halves, words, scales);
    expect(fromHalf(scales[0]!)).toBe(1);
    expect([...words]).toEqual([0x76543210, 0xeedcba98, 0xeeeeeeee, 0xeeeeeeee]);
  });

  test('tells the group that is not finite', () => {
    for (const bad of [0x7c00, 0xfc00, 0x7e00]) {
      const halves = new Uint16Array(96);
      halves[40] = bad;
      expect(quantizeHalves(halves, new Uint32Array(12), new Uint16Array(3))).toBe(1);
    }
  });
});

describe('q4f32_1', () => {
  test('agrees with the rule on random groups, ties and tiny numbers', () => {
    for (let round = 0; round < 2000; round++) {
      const size = 2 ** Math.floor(random() * 250 - 149);
      const weights = Float32Array.from({ length: 32 }, (_, i) => {
        if (round % 4 === 0) return size * ((i % 15) - 6.5);
        return size * (random() * 2 - 1);
      });
      weights[3] = size * -7;
      const words = new Uint32Array(4);
      const scales = new Float32Array(1);
      expect(quantizeFloats(weights, words, scales)).toBe(-1);
      const want = reference(weights, Math.fround);
      expect(scales[0]).toBe(want.scale);
      expect(unpack(words)).toEqual(want.codes);
    }
  });

  test('tells the group that is not finite', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const weights = new Float32Array(64).fill(1);
      weights[33] = bad;
      expect(quantizeFloats(weights, new Uint32Array(8), new Float32Array(2))).toBe(1);
    }
  });
});

describe('half conversions', () => {
  const floatBits = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0]!;

  test('f32 to f16: both ways agree with the search, around every f16 and beyond', () => {
    const values: number[] = [65519.996, 65520, 1e38, 2 ** -25, 2 ** -24, 2 ** -26, 1e-45, 0];
    for (let bits = 0; bits < 0x7c00; bits += 7) {
      const [here, next] = [HALF_VALUES[bits]!, HALF_VALUES[bits + 1]!];
      const middle = (here + next) / 2;
      values.push(here, middle, Math.fround(middle * (1 - 2 ** -23)), Math.fround(middle * (1 + 2 ** -23)));
    }
    const floats = Float32Array.from([...values, ...values.map((value) => -value)]);
    const halves = toHalves(new Uint8Array(floats.slice().buffer), 'F32');
    const wrong = [...floats].filter((value, i) => {
      const want = nearestHalf(value);
      return halves[i] !== want || floatBitsToHalf(floatBits(value)) !== want;
    });
    expect(wrong).toEqual([]);
  });

  test('bf16 and f16 widen exactly and bf16 narrows like f32', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const bytes = () => new Uint8Array(all.slice().buffer);
    const wide = toFloats(bytes(), 'BF16');
    const narrow = toHalves(bytes(), 'BF16');
    const half = toFloats(bytes(), 'F16');
    const wrong = [...all].filter((bits) => {
      const isWide = Object.is(wide[bits], fromBfloat(bits)) && Object.is(half[bits], fromHalf(bits));
      const value = fromBfloat(bits);
      return !isWide || (Number.isFinite(value) && narrow[bits] !== nearestHalf(value));
    });
    expect(wrong).toEqual([]);
  });
});
