/**
 * What lies on the GPU while a model is loaded, as the kernels see it. Made by engine/weights (upload) and
 * engine/kv-cache; read by the decode kernels, the prefill kernels and their tests.
 */

/** How a matrix is stored. q4*: u32 [rows, cols/8] nibbles (lowest first, value = (code - 7) * scale) and one scale per 32 columns. */
export type WeightFormat = 'q4f16' | 'q4f32' | 'f16' | 'f32';

/** Consecutive rows of one matrix, small enough for one binding. */
export interface MatrixSlice {
  readonly rowStart: number;
  readonly rows: number;
  /** q4*: u32 [rows, cols/8]; f16: two halves per u32, [rows, cols/2]; f32: [rows, cols]. */
  readonly data: GPUBuffer;
  /** q4f16: halves, two per u32, [rows, cols/32] padded to whole u32; q4f32: f32 [rows, cols/32]; else undefined. */
  readonly scales: GPUBuffer | undefined;
}

/** A matrix [rows = outputs, cols = inputs], applied as y = W x. */
export interface Matrix {
  readonly format: WeightFormat;
  readonly rows: number;
  readonly cols: number;
  readonly slices: readonly MatrixSlice[];
}

export interface LayerWeights {
  /** f32 [hidden] */
  readonly attentionNorm: GPUBuffer;
  /** rows: q [heads * headDim], then k, then v [kvHeads * headDim each]; cols: hidden. */
  readonly qkv: Matrix;
  /** rows: hidden; cols: heads * headDim. */
  readonly output: Matrix;
  /** f32 [hidden] */
  readonly feedForwardNorm: GPUBuffer;
  /** rows: gate [intermediate], then up [intermediate]; cols: hidden. */
  readonly gateUp: Matrix;
  /** rows: hidden; cols: intermediate. */
  readonly down: Matrix;
}

export interface ModelWeights {
  /** rows: vocab; cols: hidden. */
  readonly embedding: Matrix;
  readonly layers: readonly LayerWeights[];
  /** f32 [hidden] */
  readonly finalNorm: GPUBuffer;
  /** The embedding itself when tied. */
  readonly head: Matrix;
}

/** How keys and values are kept. */
export type KvFormat = 'f16' | 'int8';

/**
 * f16: two per u32 (pack2x16float, so no shader-f16 is needed), [kvHeads, capacity, headDim / 2].
 * int8: four per u32, [kvHeads, capacity, headDim / 4], then one f32 scale each, [kvHeads, capacity], in the same buffer.
 */
export interface KvLayer {
  readonly k: GPUBuffer;
  readonly v: GPUBuffer;
}

export interface KvBuffers {
  readonly format: KvFormat;
  /** Positions that fit before the cache must grow. */
  readonly capacity: number;
  readonly layers: readonly KvLayer[];
}

/**
 * Layout of the state buffer, u32 each: `token` to feed next, its `position`, the sampler's `step`
 * (counter of the random draws), spare. The sampler's last dispatch writes the drawn token and adds one to
 * position and step, so that the next token's submit needs no write from the host.
 */
export const STATE = { token: 0, position: 1, step: 2, spare: 3, sizeBytes: 16 } as const;

/** f32 [positions, headDim / 2, 2]: cosine and sine of position / ropeFactor * theta^(-2i / headDim), from float64. */
export type RopeTable = GPUBuffer;
