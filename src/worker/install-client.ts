/** Page side of the install worker: brings a package into the store from an address or from given files. */
import { AppError } from '../core/errors';
import type { InstallProgress } from '../store/install';
import type { ModelState } from '../store/weights';
import type { FromInstaller, InstallOrder, ToInstaller } from './install-messages';
import type { WorkerLike } from './page-engine';

export interface InstallWatch {
  readonly onProgress?: (progress: InstallProgress) => void;
  readonly signal?: AbortSignal;
}

const startWorker = (): WorkerLike =>
  new Worker(new URL('./install.worker.ts', import.meta.url), { type: 'module' });

/** @throws AppError what `installModel` throws (src/store/install.ts), `aborted`, `worker-crashed`. */
export function install(
  order: InstallOrder,
  { onProgress, signal }: InstallWatch = {},
  makeWorker: () => WorkerLike = startWorker,
): Promise<ModelState> {
  if (signal?.aborted) return Promise.reject(new AppError('aborted'));
  const worker = makeWorker();
  const tell = (message: ToInstaller) => worker.postMessage(message);
  const onAbort = () => tell({ kind: 'abort' });
  const work = new Promise<ModelState>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<FromInstaller>) => {
      if (data.kind === 'progress') onProgress?.(data.progress);
      else if (data.kind === 'done') resolve(data.model);
      else reject(AppError.from(data.error));
    };
    worker.onerror = ({ message }) => reject(new AppError('worker-crashed', { message: message || 'worker error' }));
    worker.onmessageerror = () => reject(new AppError('worker-crashed', { message: 'unreadable message' }));
  });
  signal?.addEventListener('abort', onAbort);
  tell(order);
  return work.finally(() => {
    signal?.removeEventListener('abort', onAbort);
    worker.terminate();
  });
}
