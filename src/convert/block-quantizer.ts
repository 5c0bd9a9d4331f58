/**
 * Turns blocks of rows into 4-bit codes and scales. Implemented on the calling thread (quantize-block.ts), over
 * a pool of threads, and on the GPU (src/kernels): all give the same bytes for the same block.
 */

/**
 * `plain` is MLC's rule (scale = max / 7, codes 0 to 14). `search` looks for the scale of least squared error
 * among all 16 codes and both signs; the format and its readers are the same.
 */
export type Rounding = 'plain' | 'search';

export interface QuantizeBlock {
  /** [rows, width] in the checkpoint's dtype; the buffer may be taken over and is not to be used afterwards. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** F16, BF16 or F32. */
  readonly dtype: string;
  /** Inputs of the matrix, a multiple of 32. */
  readonly width: number;
  /** Type of the scales: `float16` for q4f16_1 (weights are rounded to f16 first), `float32` for q4f32_1. */
  readonly scales: 'float16' | 'float32';
  readonly rounding: Rounding;
  /** [width] u8, 1 to 127: how much an error of each input matters (search only). Absent: all alike. */
  readonly importance?: Uint8Array<ArrayBuffer> | undefined;
}

export interface QuantizedBlock {
  /** [rows, width / 8] u32, the first code in the lowest four bits. */
  readonly words: Uint32Array<ArrayBuffer>;
  /** [rows, width / 32] f16 bits or f32. */
  readonly scales: Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  /** First group that holds an infinity or NaN (or overflows f16), or -1; the block is then worthless. */
  readonly badGroup: number;
}

export interface BlockQuantizer {
  /** Blocks worth having under way at once. */
  readonly parallel: number;
  quantize(block: QuantizeBlock): Promise<QuantizedBlock>;
  dispose(): void;
}
