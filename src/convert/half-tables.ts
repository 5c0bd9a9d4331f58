/**
 * Half-precision conversions for whole tensors. Tables of 65,536 entries replace arithmetic where the
 * input has 16 bits; they are built once, from the scalar functions of core/half.ts, which define the result.
 */
import { floatBitsToHalf, fromBfloat, fromHalf, toHalf } from '../core/half';

/** Bits of the least f32 that is a normal f16 (2^-14), and of the least that rounds to infinity (65520). */
const LEAST_NORMAL = 0x38800000;
const OVERFLOW = 0x477ff000;
/** Difference of the exponents' biases, in f16's place. */
const EXPONENT_SHIFT = (127 - 15) << 10;

let halfToFloatTable: Float32Array | undefined;
let bfloatToHalfTable: Uint16Array | undefined;

/** [65536] f32: value of every binary16 by its bits. */
export function halfToFloat(): Float32Array {
  halfToFloatTable ??= Float32Array.from({ length: 65536 }, (_, bits) => fromHalf(bits));
  return halfToFloatTable;
}

/** [65536] binary16 bits nearest to every bfloat16, by its bits. */
function bfloatToHalf(): Uint16Array {
  bfloatToHalfTable ??= Uint16Array.from({ length: 65536 }, (_, bits) => toHalf(fromBfloat(bits)));
  return bfloatToHalfTable;
}

/** [n] values of a checkpoint (dtype F16, BF16 or F32) to [n] binary16 bits, rounded to nearest even. */
export function toHalves(bytes: Uint8Array<ArrayBuffer>, dtype: string): Uint16Array<ArrayBuffer> {
  if (dtype === 'F16') return new Uint16Array(bytes.buffer);
  if (dtype === 'BF16') {
    const halves = new Uint16Array(bytes.buffer); // in place: [n] bf16 -> [n] f16
    const table = bfloatToHalf();
    for (let i = 0; i < halves.length; i++) halves[i] = table[halves[i]!]!;
    return halves;
  }
  const bits = new Uint32Array(bytes.buffer); // [n] f32
  const halves = new Uint16Array(bits.length); // [n] f16
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i]!;
    const magnitude = value & 0x7fffffff;
    if (magnitude >= LEAST_NORMAL && magnitude < OVERFLOW) {
      const rounded = (magnitude + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
      halves[i] = ((value >>> 16) & 0x8000) | (rounded - EXPONENT_SHIFT);
    } else {
      halves[i] = floatBitsToHalf(value);
    }
  }
  return halves;
}

/** [n] values of a checkpoint (dtype F16, BF16 or F32) to [n] f32, exactly. */
export function toFloats(bytes: Uint8Array<ArrayBuffer>, dtype: string): Float32Array<ArrayBuffer> {
  if (dtype === 'F32') return new Float32Array(bytes.buffer);
  const narrow = new Uint16Array(bytes.buffer); // [n] f16 or bf16
  if (dtype === 'BF16') {
    const wide = new Uint32Array(narrow.length); // [n] f32 bits
    for (let i = 0; i < narrow.length; i++) wide[i] = narrow[i]! << 16;
    return new Float32Array(wide.buffer);
  }
  const floats = new Float32Array(narrow.length); // [n] f32
  const table = halfToFloat();
  for (let i = 0; i < narrow.length; i++) floats[i] = table[narrow[i]!]!;
  return floats;
}
