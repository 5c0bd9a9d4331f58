/** Where the time of a load went, in ms. Reading, moving and compiling overlap, so that the parts may exceed `totalMs`. */
export interface LoadReport {
  readonly totalMs: number;
  /** Reading the stored files. */
  readonly readMs: number;
  /** Waiting for the GPU to take the weights. */
  readonly uploadMs: number;
  readonly compileMs: number;
  /** Trying kernels against each other; 0 when the adapter was known already. */
  readonly tuneMs: number;
  readonly warmUpMs: number;
  readonly weightsBytes: number;
}
