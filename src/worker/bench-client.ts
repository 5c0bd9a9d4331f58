/** The page's side of a benchmark: a worker of its own for each run, ended afterwards with all that it holds. */
import type { BenchConfig, BenchProgress, BenchResult } from '../bench/types';
import { AppError } from '../core/errors';
import type { FromBench, ToBench } from './bench-messages';
import { workerName } from './device-options';
import type { WorkerLike } from './page-engine';

export interface BenchWatch {
  readonly onProgress?: (progress: BenchProgress) => void;
  /** Ends the run, which then rejects with `aborted`; its GPU memory is free by then. */
  readonly signal?: AbortSignal;
}

/** How long a cancelled run may take to put everything away; a step on a slow adapter may be in its midst. */
const PATIENCE_MS = 3000;

const startWorker = (): WorkerLike =>
  new Worker(new URL('./bench.worker.ts', import.meta.url), {
    type: 'module',
    name: workerName(location.search),
  });

/**
 * @throws AppError `aborted`, `worker-crashed`, `no-webgpu`, `no-adapter`, `limits-too-small`, `device-lost`,
 *   `out-of-gpu-memory`.
 */
export async function runBench(
  config: BenchConfig,
  { onProgress, signal }: BenchWatch = {},
  makeWorker: () => WorkerLike = startWorker,
): Promise<BenchResult> {
  if (signal?.aborted) throw new AppError('aborted');
  const worker = makeWorker();
  const tell = (message: ToBench) => worker.postMessage(message);
  let onAbort = () => {};
  let patience: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const crash = (message: string) => reject(new AppError('worker-crashed', { message }));
      worker.onmessage = ({ data }: MessageEvent<FromBench>) => {
        if (data.kind === 'progress') onProgress?.(data.progress);
        else if (data.kind === 'failed') reject(AppError.from(data.error));
        else resolve(data.result);
      };
      worker.onerror = ({ message }) => crash(message || 'worker error');
      worker.onmessageerror = () => crash('unreadable message');
      onAbort = () => {
        tell({ kind: 'cancel' });
        patience = setTimeout(() => reject(new AppError('aborted')), PATIENCE_MS);
      };
      signal?.addEventListener('abort', onAbort);
      tell({ kind: 'run', config });
    });
  } finally {
    clearTimeout(patience);
    signal?.removeEventListener('abort', onAbort);
    worker.terminate();
  }
}
