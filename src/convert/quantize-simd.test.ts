/** The vector kernels of the plain rule against its loops, to the bit. Those of the search: quantize-search.test.ts. */
import { describe, expect, it } from 'vitest';
import { toHalf } from '../core/half';
import { plainKernel } from './plain-kernel';
import { quantizeFloats, quantizeHalves } from './quantize';
import { fastPlainFloats, fastPlainHalves } from './quantize-simd';
import { gaussian, hardGroups, seeded } from './test-groups';
import { assembleModule } from './wasm-assembler';

/** [groups * 32] f16 -> codes and scales. */
function halves(quantize: typeof fastPlainHalves, weights: Uint16Array<ArrayBuffer>) {
  const words = new Uint32Array(weights.length / 8);
  const scales = new Uint16Array(weights.length / 32);
  return { bad: quantize(weights, words, scales), words, scales };
}

/** [groups * 32] f32 -> codes and scales. */
function floats(quantize: typeof fastPlainFloats, weights: Float32Array<ArrayBuffer>) {
  const words = new Uint32Array(weights.length / 8);
  const scales = new Float32Array(weights.length / 32);
  return { bad: quantize(weights, words, scales), words, scales };
}

describe('the plain rule with vectors', () => {
  it('is what runs here, not the loops in its place', () => {
    const bytes = assembleModule({ f16: plainKernel('f16'), f32: plainKernel('f32') });
    expect(WebAssembly.validate(bytes)).toBe(true);
  });

  it('gives the bytes of the loops for f16', () => {
    const weights = Uint16Array.from(hardGroups(5, 600), toHalf);
    expect(halves(fastPlainHalves, weights)).toEqual(halves(quantizeHalves, weights));
  });

  it('gives them for every f16 beside every kind of maximum', () => {
    const tops = [1, 2, 3, 0x3ff, 0x400, 0x1234, 0x2e66, 0x3c00, 0x3bff, 0x4700, 0x5555, 0x7bff];
    for (const top of tops) {
      // [groups * 32]: 31 weights up to the top in turn, then the top itself
      const below = Array.from({ length: top + 1 }, (_, bits) => [bits, bits | 0x8000]).flat();
      const groups: number[] = [];
      for (let at = 0; at < below.length; at += 31) {
        groups.push(...Array.from({ length: 31 }, (_, i) => below[at + i] ?? 0), top);
      }
      const weights = Uint16Array.from(groups);
      expect(halves(fastPlainHalves, weights)).toEqual(halves(quantizeHalves, weights));
    }
  });

  it('gives them for f32, ties and their neighbours included', () => {
    const next = seeded(9);
    const values = hardGroups(6, 600);
    for (let group = 0; group < 400; group++) {
      const size = 2 ** Math.floor(next() * 200 - 100);
      values.push(7 * size);
      for (let i = 1; i < 32; i++) {
        const tie = (Math.floor(next() * 14) - 6.5) * size;
        // The tie itself, and the nearest numbers on both sides of it.
        values.push(tie * (1 + (Math.floor(next() * 3) - 1) * 2 ** -23));
      }
    }
    for (let i = 0; i < 3200; i++) values.push(gaussian(next) * 1e-40);
    const weights = Float32Array.from(values);
    expect(floats(fastPlainFloats, weights)).toEqual(floats(quantizeFloats, weights));
  });

  it('names the first group that holds no number', () => {
    for (const bits of [0x7c00, 0xfc00, 0x7e00, 0xffff]) {
      const weights = new Uint16Array(4 * 32).fill(0x3c00);
      weights[2 * 32 + 17] = bits;
      expect(halves(fastPlainHalves, weights).bad).toBe(2);
    }
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const weights = new Float32Array(4 * 32).fill(1);
      weights[31] = value;
      expect(floats(fastPlainFloats, weights).bad).toBe(0);
    }
    expect(fastPlainHalves(new Uint16Array(0), new Uint32Array(0), new Uint16Array(0))).toBe(-1);
  });
});
