/**
 * The `search` rounding: 4-bit codes and a scale per group of 32 weights, chosen for least squared error. Format
 * and readers are MLC's (value = (code - 7) * scale, mlc-llm `group_quantization.py`); only the choice differs:
 * all 16 codes are used, so that a weight may be as much as 8 steps on one side, a negative scale picks the side,
 * and the scale is the least-squares fit to the codes of the best of several candidate steps. (The idea of trying
 * steps around the largest weight and fitting the scale is llama.cpp's `make_qx_quants`; the arithmetic is ours.)
 *
 * This file defines the result. quantize-simd.ts and shaders/ops/quantize_search.wgsl compute the same bytes, which
 * is why everything is in integers:
 *
 *   top  = largest |w|;  side = +1 if the largest w >= -(the least w), else -1;  k = 13 - floor(log2 top)
 *   m    = side * w * 2^k, rounded half to even: the largest lies in [2^13, 2^14]
 *   u    = (m * floor(2^24 / largest m) + 2^14) >> 15: w in units of top / 512
 *   for c = 24, 25, …: candidate step = top / (c / 4)
 *     q  = (u * c + 2^10) >> 11, clamped to [-7, 8]
 *     A  = sum a m q;  B = sum a q^2;  s = floor((A + floor(B / 2)) / B);  gain = s * (2 A - s B)
 *   the first candidate of largest gain (the squared error is a constant less the gain) is kept; with importance
 *   each candidate is also tried with q clamped to [-8, 7], and side and m change sign where that wins
 *   S    = sum a m^2 / A, but at most 17 / 16 of A / B, rounded to 11 significant bits, to half units of m and, for f16 scales, to multiples of 2^-24
 *   code = floor((2 m + 15 S) / (2 S)), clamped to [0, 15];  scale = side * S * 2^-k
 *
 * A / B fits best, but a fit always comes out short: <w, fit> = (1 - e^2) <w, w> with e the relative error, which is
 * 0.6 % for every matrix alike and adds up through the layers. sum a m^2 / A puts the length along w right for 0.3 %
 * more error of the weights; the divergence from the predictions of f16 fell by 14, 15 and 2 % on three small models.
 *
 * with a the importance of the input (1 without). Sixteen candidates come within 0.05 % of the best squared error
 * there is for Gaussian, Laplace and Student groups, which is 0.69 to 0.72 of plain rounding's; a second fit gains
 * 0.01 % and the other side 0.01 %. Where inputs differ in importance it pays to cut off outliers of little
 * importance: the candidates reach further, in larger steps, and the other side is worth 1 to 2 %.
 */
import { toHalf } from '../core/half';
import { halfToFloat } from './half-tables';

const GROUP = 32;
const WORDS_PER_GROUP = 4;
const ZERO_WORD = 0x77777777;

/** Candidates c are four times the steps that the largest weight is worth. */
export interface Candidates {
  readonly step: number;
  /** Clamps of q that are tried: own side, other side. */
  readonly clamps: readonly (readonly [number, number])[];
}
export const FIRST_CANDIDATE = 24;
export const CANDIDATES = 16;
/** 6, 6.25, … 9.75 steps. */
export const EVEN: Candidates = { step: 1, clamps: [[-7, 8]] };
/** 6, 6.5, … 13.5 steps. */
export const WEIGHTED: Candidates = {
  step: 2,
  clamps: [
    [-7, 8],
    [-8, 7],
  ],
};
/** A group whose largest weight is less than this (no f16 is) counts as zero: 2^k must stay a normal f32. */
export const LEAST_TOP = 2 ** -112;

/**
 * Searches whole groups of f16 weights, given by their bits. Returns the index of the first group that holds an
 * infinity or NaN, where it stops, or -1.
 *
 * @param weights [rows, width] f16
 * @param words [rows, width / 8] u32, written
 * @param scales [rows, width / 32] f16, written
 * @param importance [width] u8, 1 to 127, or absent
 */
export function searchHalves(
  weights: Uint16Array,
  words: Uint32Array,
  scales: Uint16Array,
  width: number,
  importance?: Uint8Array,
): number {
  const values = halfToFloat();
  const group = new Float32Array(GROUP);
  for (let index = 0; index < scales.length; index++) {
    for (let i = 0; i < GROUP; i++) group[i] = values[weights[index * GROUP + i]!]!;
    const scale = searchGroup(group, index, words, width, importance, -24);
    if (Number.isNaN(scale)) return index;
    scales[index] = toHalf(scale);
  }
  return -1;
}

/**
 * As `searchHalves`, for f32 weights [rows, width] and scales [rows, width / 32] f32.
 */
export function searchFloats(
  weights: Float32Array,
  words: Uint32Array,
  scales: Float32Array,
  width: number,
  importance?: Uint8Array,
): number {
  for (let index = 0; index < scales.length; index++) {
    const group = weights.subarray(index * GROUP, (index + 1) * GROUP);
    const scale = searchGroup(group, index, words, width, importance, Number.NEGATIVE_INFINITY);
    if (Number.isNaN(scale)) return index;
    scales[index] = scale;
  }
  return -1;
}

/**
 * Writes the codes of one group [32] and returns its scale, or NaN where a weight is not finite. Scales are
 * multiples of 2^leastBit.
 */
function searchGroup(
  weights: Float32Array,
  index: number,
  words: Uint32Array,
  width: number,
  importance: Uint8Array | undefined,
  leastBit: number,
): number {
  const highest = weights.reduce((a, b) => Math.max(a, b));
  const lowest = weights.reduce((a, b) => Math.min(a, b));
  const top = Math.max(highest, -lowest);
  if (!Number.isFinite(top)) return Number.NaN;
  if (top < LEAST_TOP) {
    words.fill(ZERO_WORD, index * WORDS_PER_GROUP, (index + 1) * WORDS_PER_GROUP);
    return 0;
  }
  let side = highest >= -lowest ? 1 : -1;
  const k = 13 - exponentOf(top);
  const units = Int32Array.from(weights, (w) => roundHalfEven(side * w * 2 ** k)); // [32], at most 2^14
  const column = (index * GROUP) % width;
  const { best, isOtherSide } = bestFit(units, importance?.subarray(column, column + GROUP));
  if (isOtherSide) {
    side = -side;
    units.forEach((unit, i) => {
      units[i] = -unit;
    });
  }
  const drop = Math.max(bitLength(best) - 11, leastBit + k + 10, 9);
  const rounded = Math.max(1, Math.floor((best + 2 ** (drop - 1)) / 2 ** drop));
  const step = rounded * 2 ** (drop - 9); // twice S
  for (let word = 0; word < WORDS_PER_GROUP; word++) {
    let packed = 0;
    for (let nibble = 0; nibble < 8; nibble++) {
      const code = Math.floor((4 * units[word * 8 + nibble]! + 15 * step) / (2 * step));
      packed |= Math.min(15, Math.max(0, code)) << (4 * nibble);
    }
    words[index * WORDS_PER_GROUP + word] = packed;
  }
  return side * rounded * 2 ** (drop - 10 - k);
}

/** S of the best candidate, times 2^10. */
function bestFit(units: Int32Array, importance: Uint8Array | undefined) {
  const largest = units.reduce((a, b) => Math.max(a, b));
  const inverse = Math.floor(2 ** 24 / largest);
  const coarse = units.map((unit) => (unit * inverse + 0x4000) >> 15); // [32] u
  const { step, clamps } = importance ? WEIGHTED : EVEN;
  let bestGain = -1;
  let [bestA, bestB, bestLow] = [0, 1, 0];
  for (let c = FIRST_CANDIDATE; c < FIRST_CANDIDATE + CANDIDATES * step; c += step) {
    for (const [low, high] of clamps) {
      let a = 0;
      let b = 0;
      for (let i = 0; i < GROUP; i++) {
        const q = Math.min(high, Math.max(low, (coarse[i]! * c + 1024) >> 11));
        const weighted = (importance?.[i] ?? 1) * q;
        a += units[i]! * weighted;
        b += q * weighted;
      }
      const s = Math.floor((a + (b >> 1)) / b);
      const gain = s * (2 * a - s * b);
      if (gain > bestGain) [bestGain, bestA, bestB, bestLow] = [gain, a, b, low];
    }
  }
  const fitted = Math.floor((bestA * 1024 + (bestB >> 1)) / bestB);
  const squares = units.reduce((sum, unit, i) => sum + (importance?.[i] ?? 1) * unit * unit, 0);
  const best = Math.min(fitted + (fitted >> 4), Math.floor((squares * 1024) / bestA));
  return { best, isOtherSide: bestLow === -8 };
}

const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);

/** floor(log2 value) of a normal f32. */
function exponentOf(value: number): number {
  float[0] = value;
  return (floatBits[0]! >>> 23) - 127;
}

function bitLength(value: number): number {
  return 32 - Math.clz32(value);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}
