/** Activations as 8-bit integers, plain: the reference of `quantize_rows` and the reader of what it writes. */

const GROUP = 32;

export interface QuantizedRows {
  /** [rows * cols] of -127 .. 127 */
  readonly integers: Int32Array;
  /** [rows * cols / 32] */
  readonly scales: Float64Array;
}

/** x: [rows * cols]; scale = max |x| / 127 of each 32, or 1 when they are all zero; ties to even. */
export function quantizeRows(x: ArrayLike<number>): QuantizedRows {
  const integers = new Int32Array(x.length);
  const scales = new Float64Array(x.length / GROUP);
  for (let group = 0; group < scales.length; group++) {
    let top = 0;
    for (let i = 0; i < GROUP; i++) top = Math.max(top, Math.abs(x[group * GROUP + i]!));
    const scale = top === 0 ? 1 : top / 127;
    scales[group] = scale;
    for (let i = 0; i < GROUP; i++) integers[group * GROUP + i] = roundToEven(x[group * GROUP + i]! / scale);
  }
  return { integers, scales };
}

function roundToEven(value: number): number {
  const down = Math.floor(value);
  if (value - down !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}

/** What `quantize_rows` wrote: words [groups, 12]; `zeros` [groups] is 7 * scale * sum of the integers as stored. */
export function readQuantizedRows(words: Uint32Array<ArrayBuffer>): QuantizedRows & { zeros: Float64Array } {
  const groups = words.length / 12;
  const bytes = new Int8Array(words.buffer, words.byteOffset, words.byteLength);
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  const column = (group: number, i: number) => bytes[group * 48 + (i % 2) * 16 + (i >> 1)]!;
  return {
    integers: Int32Array.from({ length: groups * GROUP }, (_, i) => column(Math.floor(i / GROUP), i % GROUP)),
    scales: Float64Array.from({ length: groups }, (_, group) => floats[group * 12 + 8]!),
    zeros: Float64Array.from({ length: groups }, (_, group) => floats[group * 12 + 9]!),
  };
}
