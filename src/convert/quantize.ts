/**
 * Group quantisation to 4 bits as MLC stores it. Per group of 32 consecutive inputs of an output row:
 *
 *   scale = F(max|w| / 7);  t = F(w / scale);  code = clamp(roundHalfEven(t + 7), 0, 14), or 7 where scale is 0
 *
 * with F rounding to f16 (q4f16_1, where w is f16 as well) or f32 (q4f32_1), t + 7 not rounded, and
 * value = (code - 7) * scale. Eight codes make a u32, the first in the lowest four bits.
 * Source: mlc-llm `group_quantization.py`. The loops take a short way (one multiplication and a truncation)
 * whenever rounding t cannot change the code, which is all but about one weight in a hundred.
 */
import { toHalf } from '../core/half';
import { halfToFloat } from './half-tables';

const GROUP = 32;
const WORDS_PER_GROUP = 4;
const MAX_CODE = 14;
const ZERO_WORD = 0x77777777;
const HALF_INFINITY = 0x7c00;

/** How close t + 7 may come to a half-integer before the rounding of t to f16 (2^-9 at most below 8) matters. */
const HALF_MARGIN = 2 ** -8;
/** The same for f32, whose half ulp below 8 is 2^-22. */
const FLOAT_MARGIN = 2 ** -20;

let halfScales: Uint16Array | undefined;

/** [0x7c00] f16 bits of max / 7 by the bits of max. */
function halfScaleTable(): Uint16Array {
  const values = halfToFloat();
  halfScales ??= Uint16Array.from({ length: HALF_INFINITY }, (_, bits) => toHalf(values[bits]! / 7));
  return halfScales;
}

/**
 * Quantises whole groups of f16 weights, given by their bits. Returns the index of the first group that
 * holds an infinity or NaN, where it stops, or -1.
 *
 * @param weights [groups * 32] f16
 * @param words [groups * 4] u32, written
 * @param scales [groups] f16, written
 */
export function quantizeHalves(weights: Uint16Array, words: Uint32Array, scales: Uint16Array): number {
  const values = halfToFloat();
  const scaleOf = halfScaleTable();
  for (let group = 0; group < scales.length; group++) {
    const start = group * GROUP;
    let max = 0;
    for (let i = start; i < start + GROUP; i++) {
      const magnitude = weights[i]! & 0x7fff;
      if (magnitude > max) max = magnitude;
    }
    if (max >= HALF_INFINITY) return group;
    const scaleBits = scaleOf[max]!;
    scales[group] = scaleBits;
    if (scaleBits === 0) {
      words.fill(ZERO_WORD, group * WORDS_PER_GROUP, (group + 1) * WORDS_PER_GROUP);
      continue;
    }
    const scale = values[scaleBits]!;
    const inverse = 1 / scale;
    for (let word = 0; word < WORDS_PER_GROUP; word++) {
      let packed = 0;
      for (let nibble = 0; nibble < 8; nibble++) {
        const weight = values[weights[start + word * 8 + nibble]!]!;
        const shifted = weight * inverse + 7.5;
        let code = shifted | 0;
        if (Math.abs(shifted - code - 0.5) > 0.5 - HALF_MARGIN) {
          code = roundHalfEven(values[toHalf(weight / scale)]! + 7);
        }
        if (code > MAX_CODE) code = MAX_CODE;
        else if (code < 0) code = 0;
        packed |= code << (nibble * 4);
      }
      words[group * WORDS_PER_GROUP + word] = packed;
    }
  }
  return -1;
}

/**
 * As `quantizeHalves`, in f32.
 *
 * @param weights [groups * 32] f32
 * @param words [groups * 4] u32, written
 * @param scales [groups] f32, written
 */
export function quantizeFloats(weights: Float32Array, words: Uint32Array, scales: Float32Array): number {
  for (let group = 0; group < scales.length; group++) {
    const start = group * GROUP;
    let max = 0;
    for (let i = start; i < start + GROUP; i++) {
      const magnitude = Math.abs(weights[i]!);
      if (magnitude > max || Number.isNaN(magnitude)) max = magnitude;
    }
    if (!Number.isFinite(max)) return group;
    scales[group] = max / 7;
    const scale = scales[group]!;
    if (scale === 0) {
      words.fill(ZERO_WORD, group * WORDS_PER_GROUP, (group + 1) * WORDS_PER_GROUP);
      continue;
    }
    const inverse = 1 / scale;
    for (let word = 0; word < WORDS_PER_GROUP; word++) {
      let packed = 0;
      for (let nibble = 0; nibble < 8; nibble++) {
        const weight = weights[start + word * 8 + nibble]!;
        const shifted = weight * inverse + 7.5;
        let code = shifted | 0;
        if (Math.abs(shifted - code - 0.5) > 0.5 - FLOAT_MARGIN) {
          code = roundHalfEven(Math.fround(weight / scale) + 7);
        }
        if (code > MAX_CODE) code = MAX_CODE;
        else if (code < 0) code = 0;
        packed |= code << (nibble * 4);
      }
      words[group * WORDS_PER_GROUP + word] = packed;
    }
  }
  return -1;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}
