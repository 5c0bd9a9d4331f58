/** What every WebAssembly quantiser does with a group of 32 weights: reading them, and packing their codes. */
import { type Code, f32x4, i8x16, i16x8, i32, i32x4, type Local, v128 } from './wasm-assembler';

export type KernelInput = 'f16' | 'f32';

/** 32 weights to eight vectors of f32. */
export function loadValues(input: KernelInput, address: Code, values: readonly Local[]): Code[] {
  if (input === 'f32') return values.map((value, i) => value.set(v128.load(address, 16 * i)));
  return values.flatMap((value, i) => {
    const extend = i % 2 === 0 ? i32x4.extend_low_u : i32x4.extend_high_u;
    const magnitude = i32x4.shl(v128.and(value.get, i32x4.const(0x7fff)), i32.const(13));
    const sign = i32x4.shl(v128.and(value.get, i32x4.const(0x8000)), i32.const(16));
    return [
      value.set(extend(v128.load(address, 16 * (i >> 1)))),
      value.set(v128.or(f32x4.mul(magnitude, f32x4.const(2 ** 112)), sign)),
    ];
  });
}

/** Four vectors of eight codes (i16 [4][8], overwritten) as 16 bytes of nibbles, the first code lowest. */
export function storeNibbles(words: Code, codes: readonly Local[]): Code[] {
  const [first, second, third, fourth] = codes as readonly [Local, Local, Local, Local];
  const pairs = (low: Local, high: Local) => i8x16.narrow_u(low.get, high.get);
  const nibbles = (local: Local) =>
    v128.and(v128.or(local.get, i16x8.shr_u(local.get, i32.const(4))), i16x8.const(255));
  return [
    first.set(pairs(first, second)),
    third.set(pairs(third, fourth)),
    v128.store(words, i8x16.narrow_u(nibbles(first), nibbles(third))),
  ];
}
