/** Groups of 32 weights for the tests of every quantiser: random ones of every magnitude and the hard cases. */
import { toHalf } from '../core/half';

/** mulberry32: numbers in [0, 1) that repeat. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function gaussian(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

type Group = number[]; // [32]

/** Weights [groups * 32] within the range of f16: Gaussian of every size, ties, outliers, tiny and huge numbers. */
export function hardGroups(seed: number, rounds: number): number[] {
  const next = seeded(seed);
  const groups: Group[] = [];
  const fill = (value: (i: number) => number) => groups.push(Array.from({ length: 32 }, (_, i) => value(i)));
  for (const tiny of [2 ** -24, 3 * 2 ** -24, 2 ** -20, 2 ** -14, 65504, 0, -0]) {
    fill(() => tiny);
    fill((i) => (i % 2 === 0 ? tiny : -tiny));
    fill((i) => (i === 31 ? -tiny : 0));
  }
  for (let round = 0; round < rounds; round++) {
    const size = 2 ** (next() * 36 - 24);
    fill(() => gaussian(next) * size);
    fill(() => (next() * 2 - 1) * size);
    fill((i) => (i === 7 ? -20 * size : gaussian(next) * size));
    fill((i) => size * ((i % 16) - 7)); // on a grid of 16 codes
    fill((i) => size * ((i % 15) - 6.5)); // on ties
    fill(() => Math.floor(next() * 9 - 4) * 2 ** -24);
  }
  return groups.flat().map((value) => Math.min(65504, Math.max(-65504, value)));
}

/** [n] values rounded to a checkpoint's dtype, as its bytes. */
export function bytesIn(dtype: 'F16' | 'BF16' | 'F32', values: readonly number[]): Uint8Array<ArrayBuffer> {
  if (dtype === 'F16') return new Uint8Array(Uint16Array.from(values, toHalf).buffer);
  const floats = Float32Array.from(values);
  if (dtype === 'F32') return new Uint8Array(floats.buffer);
  return new Uint8Array(Uint16Array.from(new Uint32Array(floats.buffer), (bits) => bits >>> 16).buffer);
}
