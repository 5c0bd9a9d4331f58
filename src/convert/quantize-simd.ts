/** Runs search-kernel.ts: a module per thread, compiled on first use, and its memory, which grows to the block. */
import { searchFloats, searchHalves } from './quantize-search';
import { type KernelInput, searchKernel } from './search-kernel';
import { assembleModule } from './wasm-assembler';

type Kernel = (
  weights: number,
  importance: number,
  width: number,
  words: number,
  scales: number,
  groups: number,
  isWeighted: number,
) => number;

interface Kernels {
  readonly memory: WebAssembly.Memory;
  readonly f16: Kernel;
  readonly f32: Kernel;
}

const PAGE_BYTES = 65536;
const ONES = new Uint8Array(32).fill(1);

/** null: the host refuses WebAssembly or its vectors. */
let kernels: Kernels | null | undefined;

function compile(): Kernels | null {
  try {
    const module = new WebAssembly.Module(
      assembleModule({ f16: searchKernel('f16'), f32: searchKernel('f32') }),
    );
    return new WebAssembly.Instance(module).exports as unknown as Kernels;
  } catch {
    // A content policy or an old host: the plain loops give the same bytes, only slower.
    return null;
  }
}

/** `searchHalves` of quantize-search.ts, with vectors where the host has them. */
export function fastSearchHalves(
  weights: Uint16Array<ArrayBuffer>, // [rows, width] f16
  words: Uint32Array<ArrayBuffer>, // [rows, width / 8], written
  scales: Uint16Array<ArrayBuffer>, // [rows, width / 32] f16, written
  width: number,
  importance?: Uint8Array<ArrayBuffer>, // [width]
): number {
  kernels ??= compile();
  return kernels
    ? run(kernels, 'f16', { weights, words, scales, width, importance })
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
  kernels ??= compile();
  return kernels
    ? run(kernels, 'f32', { weights, words, scales, width, importance })
    : searchFloats(weights, words, scales, width, importance);
}

interface Arrays {
  readonly weights: Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  readonly words: Uint32Array<ArrayBuffer>;
  readonly scales: Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  readonly width: number;
  readonly importance: Uint8Array<ArrayBuffer> | undefined;
}

function run({ memory, ...kernel }: Kernels, input: KernelInput, arrays: Arrays): number {
  const { weights, words, scales, importance } = arrays;
  if (scales.length === 0) return -1;
  const row = importance ?? ONES;
  const wordsAt = weights.byteLength;
  const scalesAt = wordsAt + words.byteLength;
  const rowAt = scalesAt + scales.byteLength;
  const missing = rowAt + row.length - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(bytesOf(weights), 0);
  bytes.set(row, rowAt);
  const bad = kernel[input](0, rowAt, row.length, wordsAt, scalesAt, scales.length, importance ? 1 : 0);
  bytesOf(words).set(bytes.subarray(wordsAt, scalesAt));
  bytesOf(scales).set(bytes.subarray(scalesAt, rowAt));
  return bad;
}

function bytesOf(array: ArrayBufferView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
