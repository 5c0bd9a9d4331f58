/** What the benchmark needs of the rest of the page; src/app connects it. */
import type { BenchConfig, BenchProgress, BenchResult } from '../../bench/types';

export interface BenchPorts {
  run(
    config: BenchConfig,
    watch: { readonly onProgress: (progress: BenchProgress) => void; readonly signal: AbortSignal },
  ): Promise<BenchResult>;
  /** Frees the GPU of the model in the engine; its id, or undefined where there was none. */
  unloadModel(): Promise<string | undefined>;
  loadModel(modelId: string): Promise<void>;
  /** Returns the function that ends it. */
  keepAwake(): () => void;
  readonly kept: {
    /** As it was written; checked by the caller. */
    read(): Promise<string | undefined>;
    write(text: string): Promise<void>;
  };
}
