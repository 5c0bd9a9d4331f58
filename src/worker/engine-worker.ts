/** One running worker with the page's engine object on it and a watchdog beside it. Lives until it is stopped. */
import { AppError } from '../core/errors';
import type { EngineProgress } from '../engine/progress';
import { workerName } from './device-options';
import { toEngineProgress } from './load-progress';
import { PageEngine, type WorkerLike } from './page-engine';
import type { EngineKind } from './records';
import { stockError } from './stock-errors';
import { Watchdog } from './watchdog';

export type WorkerFactory = (kind: EngineKind) => WorkerLike;

export const startWorker: WorkerFactory = (kind) =>
  kind === 'stock'
    ? new Worker(new URL('./stock.worker.ts', import.meta.url), { type: 'module' })
    : new Worker(new URL('./native.worker.ts', import.meta.url), {
        type: 'module',
        name: workerName(location.search),
      });

export class EngineWorker {
  readonly engine: PageEngine;
  private readonly worker: WorkerLike;
  private readonly watchdog: Watchdog;

  /**
   * @param onCrash called with `worker-crashed` when the worker fails or falls silent; it is not stopped yet.
   * @param onLost called with `device-lost` when the GPU goes away under a loaded model; the worker lives on.
   */
  constructor(
    readonly kind: EngineKind,
    makeWorker: WorkerFactory,
    onProgress: (progress: EngineProgress) => void,
    onCrash: (error: AppError) => void,
    onLost: (error: AppError) => void,
  ) {
    const worker = makeWorker(kind);
    const engine = new PageEngine(worker, kind === 'stock' ? stockError : AppError.from);
    const crash = (message: string) => onCrash(new AppError('worker-crashed', { message }));
    engine.setInitProgressCallback((report) => onProgress(toEngineProgress(report)));
    engine.onLost = onLost;
    worker.onerror = (event) => crash(event.message || 'worker error');
    worker.onmessageerror = () => crash('unreadable message');
    this.worker = worker;
    this.engine = engine;
    this.watchdog = new Watchdog({
      isWaiting: () => engine.pendingCount > 0,
      ping: () => engine.ask('ping', null),
      onSilence: () => crash('no answer'),
    });
  }

  /** Ends the thread; everything that waits for it rejects with `error`. */
  stop(error: AppError): void {
    this.watchdog.stop();
    this.worker.onerror = null;
    this.worker.onmessageerror = null;
    this.worker.terminate();
    this.engine.fail(error);
  }
}
