/** What every checkpoint format comes down to: names, shapes and byte ranges. */

/** Bytes of one value, by the names that safetensors uses. */
export const DTYPE_BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  C64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

/** One tensor of a file: contiguous, row-major, little-endian. */
export interface CheckpointTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly file: string;
  readonly byteOffset: number;
  readonly sizeBytes: number;
}

/** Some rows of a tensor, in its own dtype, in a buffer of their own from offset 0. */
export interface RowBlock {
  readonly rowStart: number;
  readonly rowEnd: number;
  /** [rowEnd - rowStart, ...] */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A model as its publisher released it, tensor by tensor; a merge of two is one as well. */
export interface CheckpointSource {
  readonly tensors: ReadonlyMap<string, Pick<CheckpointTensor, 'dtype' | 'shape'>>;
  /**
   * All rows of a tensor, or those of [rowStart, rowEnd), in order, about 4 MiB at a time, the next block on
   * its way while the last one is used. Leaving the loop cancels what is under way. Throws like `readRows`.
   */
  streamRows(name: string, rowStart?: number, rowEnd?: number): AsyncIterable<RowBlock>;
  /**
   * Bytes of rows [rowStart, rowEnd) of a tensor in its own dtype, in a buffer of its own from offset 0.
   * Throws `tensor-missing`, `file-missing`, `file-truncated`.
   */
  readRows(name: string, rowStart: number, rowEnd: number): Promise<Uint8Array<ArrayBuffer>>;
}
