/** The quantisers with vectors where the host has them, else in loops: the same bytes. */
import { plainKernel } from './plain-kernel';
import { quantizeFloats, quantizeHalves } from './quantize';
import { searchFloats, searchHalves } from './quantize-search';
import { searchKernel } from './search-kernel';
import { lazyKernels } from './wasm-host';

const ONES = new Uint8Array(32).fill(1);

const kernels = lazyKernels(() => ({
  plain16: plainKernel('f16'),
  plain32: plainKernel('f32'),
  search16: searchKernel('f16'),
  search32: searchKernel('f32'),
}));
type Quantizers = NonNullable<ReturnType<typeof kernels>>;

/** `quantizeHalves` of quantize.ts, with vectors where the host has them. */
export function fastPlainHalves(
  weights: Uint16Array<ArrayBuffer>, // [groups * 32] f16
  words: Uint32Array<ArrayBuffer>, // [groups * 4], written
  scales: Uint16Array<ArrayBuffer>, // [groups] f16, written
): number {
  const fast = kernels();
  if (!fast) return quantizeHalves(weights, words, scales);
  return run(fast, { weights, words, scales }, (at) =>
    fast.run.plain16(0, at.words, at.scales, scales.length),
  );
}

/** `quantizeFloats` of quantize.ts, with vectors where the host has them. */
export function fastPlainFloats(
  weights: Float32Array<ArrayBuffer>, // [groups * 32]
  words: Uint32Array<ArrayBuffer>, // [groups * 4], written
  scales: Float32Array<ArrayBuffer>, // [groups], written
): number {
  const fast = kernels();
  if (!fast) return quantizeFloats(weights, words, scales);
  return run(fast, { weights, words, scales }, (at) =>
    fast.run.plain32(0, at.words, at.scales, scales.length),
  );
}

/** `searchHalves` of quantize-search.ts, with vectors where the host has them. */
export function fastSearchHalves(
  weights: Uint16Array<ArrayBuffer>, // [rows, width] f16
  words: Uint32Array<ArrayBuffer>, // [rows, width / 8], written
  scales: Uint16Array<ArrayBuffer>, // [rows, width / 32] f16, written
  width: number,
  importance?: Uint8Array<ArrayBuffer>, // [width]
): number {
  const fast = kernels();
  return fast
    ? runSearch(fast, 'search16', { weights, words, scales }, importance)
    : searchHalves(weights, words, scales, width, importance);
}

/** `searchFloats` of quantize-search.ts, with vectors where the host has them. */
export function fastSearchFloats(
  weights: Float32Array<ArrayBuffer>, // [rows, width]
  words: Uint32Array<ArrayBuffer>, // [rows, width / 8], written
  scales: Float32Array<ArrayBuffer>, // [rows, width / 32], written
  width: number,
  importance?: Uint8Array<ArrayBuffer>, // [width]
): number {
  const fast = kernels();
  return fast
    ? runSearch(fast, 'search32', { weights, words, scales }, importance)
    : searchFloats(weights, words, scales, width, importance);
}

interface Arrays {
  readonly weights: Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  readonly words: Uint32Array<ArrayBuffer>;
  readonly scales: Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  /** [width] u8, last in memory. */
  readonly row?: Uint8Array<ArrayBuffer>;
}

/** Addresses in the module's memory; the weights lie at 0. */
interface Places {
  readonly words: number;
  readonly scales: number;
  readonly row: number;
}

function runSearch(
  fast: Quantizers,
  input: 'search16' | 'search32',
  arrays: Arrays,
  importance: Uint8Array<ArrayBuffer> | undefined,
): number {
  const row = importance ?? ONES;
  const groups = arrays.scales.length;
  return run(fast, { ...arrays, row }, (at) =>
    fast.run[input](0, at.row, row.length, at.words, at.scales, groups, importance ? 1 : 0),
  );
}

function run({ memory }: Quantizers, arrays: Arrays, kernel: (at: Places) => number): number {
  const { weights, words, scales, row } = arrays;
  if (scales.length === 0) return -1;
  const wordsAt = weights.byteLength;
  const scalesAt = wordsAt + words.byteLength;
  const rowAt = scalesAt + scales.byteLength;
  const bytes = new Uint8Array(memory(rowAt + (row?.length ?? 0)));
  bytes.set(bytesOf(weights), 0);
  if (row) bytes.set(row, rowAt);
  const bad = kernel({ words: wordsAt, scales: scalesAt, row: rowAt });
  bytesOf(words).set(bytes.subarray(wordsAt, scalesAt));
  bytesOf(scales).set(bytes.subarray(scalesAt, rowAt));
  return bad;
}

function bytesOf(array: ArrayBufferView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
