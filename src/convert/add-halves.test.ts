import { expect, it } from 'vitest';
import { addHalves, addInLoops, addKernel } from './add-halves';
import { seeded } from './test-groups';
import { assembleModule } from './wasm-assembler';

/** Bits of every kind of number, in a multiple of eight. */
const EDGES = [0, 1, 2, 0x3ff, 0x400, 0x401, 0x3bff, 0x3c00, 0x3c01, 0x4200, 0x77ff, 0x7800, 0x7bfe, 0x7bff];
const SIGNED = [...EDGES, ...EDGES.map((bits) => bits | 0x8000)];

/** toEqual takes seconds for so many numbers. */
const isSame = (a: Uint16Array<ArrayBuffer>, b: Uint16Array<ArrayBuffer>) =>
  Buffer.from(a.buffer).equals(Buffer.from(b.buffer));

it('runs with vectors here', () => {
  expect(WebAssembly.validate(assembleModule({ add: addKernel() }))).toBe(true);
});

it('gives the bits of the loops for every finite number beside the edges', () => {
  const finite = Uint16Array.from(
    Array.from({ length: 65536 }, (_, bits) => bits).filter((bits) => (bits & 0x7c00) !== 0x7c00),
  );
  for (const edge of SIGNED) {
    const other = new Uint16Array(finite.length).fill(edge);
    expect(isSame(addHalves(finite, other), addInLoops(finite, other)), `beside ${edge}`).toBe(true);
  }
});

it('gives them for random pairs, whose sums round, cancel and overflow', () => {
  const next = seeded(11);
  const bits = () => {
    const value = Math.floor(next() * 0x7c00);
    return next() < 0.5 ? value : value | 0x8000;
  };
  const a = Uint16Array.from({ length: 1 << 19 }, bits);
  const near = (value: number) => Math.min(0x7bff, (value & 0x7fff) + Math.floor(next() * 5)) | 0x8000;
  const b = a.map((value, i) => (i % 2 === 0 ? bits() : near(value)));
  expect(isSame(addHalves(a, b), addInLoops(a, b))).toBe(true);
});

it('leaves what is not finite to the loops, and lengths that are no multiple of eight', () => {
  const a = new Uint16Array(64).fill(0x7bff);
  const b = new Uint16Array(64).fill(0xfbff);
  for (const bad of [0x7c00, 0xfc00, 0x7e00]) {
    a[63] = bad;
    expect(addHalves(a, b)).toEqual(addInLoops(a, b));
    expect(addHalves(a, b)[63]! & 0x7c00).toBe(0x7c00);
  }
  expect([...addHalves(Uint16Array.of(0x3c00, 0x3c00, 1), Uint16Array.of(0x3c00, 0xbc00, 1))]).toEqual([
    0x4000, 0, 2,
  ]);
});
