/** Page side of the install worker: brings a package into the store from an address or from given files, or checks one. */
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
export async function install(
  order: InstallOrder,
  watch: InstallWatch = {},
  makeWorker: () => WorkerLike = startWorker,
): Promise<ModelState> {
  const end = await run(order, watch, makeWorker());
  if (end.kind !== 'done') throw new AppError('internal', { message: `unexpected ${end.kind}` });
  return end.model;
}

/**
 * Names of the files of a stored model that are not what they should be; empty for a sound one.
 * @throws AppError `model-unknown`, `model-incomplete`, `aborted`, `worker-crashed`.
 */
export async function verifyStored(
  id: string,
  watch: InstallWatch = {},
  makeWorker: () => WorkerLike = startWorker,
): Promise<readonly string[]> {
  const end = await run({ kind: 'verify', id }, watch, makeWorker());
  if (end.kind !== 'verified') throw new AppError('internal', { message: `unexpected ${end.kind}` });
  return end.badFiles;
}

async function run(
  order: ToInstaller,
  { onProgress, signal }: InstallWatch,
  worker: WorkerLike,
): Promise<Extract<FromInstaller, { kind: 'done' | 'verified' }>> {
  const tell = (message: ToInstaller) => worker.postMessage(message);
  const onAbort = () => tell({ kind: 'abort' });
  try {
    if (signal?.aborted) throw new AppError('aborted');
    return await new Promise((resolve, reject) => {
      const crash = (message: string) => reject(new AppError('worker-crashed', { message }));
      worker.onmessage = ({ data }: MessageEvent<FromInstaller>) => {
        if (data.kind === 'progress') onProgress?.(data.progress);
        else if (data.kind === 'failed') reject(AppError.from(data.error));
        else resolve(data);
      };
      worker.onerror = ({ message }) => crash(message || 'worker error');
      worker.onmessageerror = () => crash('unreadable message');
      signal?.addEventListener('abort', onAbort);
      tell(order);
    });
  } finally {
    signal?.removeEventListener('abort', onAbort);
    worker.terminate();
  }
}
