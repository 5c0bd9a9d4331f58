/** IEEE 754 binary16 and bfloat16 conversions, round to nearest, ties to even. */

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

/** Bits of the binary16 nearest to `value` (overflow becomes infinity). */
export function toHalf(value: number): number {
  f32[0] = value;
  return floatBitsToHalf(u32[0]!);
}

/** The same for a value given by its binary32 bits, for loops over stored tensors. */
export function floatBitsToHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 255) - 112;
  let mantissa = bits & 0x7fffff;
  if (((bits >>> 23) & 255) === 255) return sign | 0x7c00 | (mantissa ? 0x200 : 0);
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent <= 0) {
    if (exponent < -10) return sign;
    mantissa |= 0x800000;
    const shift = 14 - exponent;
    const rest = mantissa & ((1 << shift) - 1);
    const half = 1 << (shift - 1);
    const result = mantissa >>> shift;
    return sign | (result + (rest > half || (rest === half && result & 1) ? 1 : 0));
  }
  const result = (exponent << 10) | (mantissa >>> 13);
  const rest = mantissa & 0x1fff;
  return sign | (result + (rest > 0x1000 || (rest === 0x1000 && result & 1) ? 1 : 0));
}

/** Value of a binary16 given by its bits. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** Value of a bfloat16 given by its bits. */
export function fromBfloat(bits: number): number {
  u32[0] = bits << 16;
  return f32[0]!;
}
