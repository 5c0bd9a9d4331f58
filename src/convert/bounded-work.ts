import { AppError } from '../core/errors';

/**
 * Work that runs beside its starter, so much of it at once and no more. The first failure is kept, reported
 * to `onFailure` at once and thrown to whoever starts or waits next; nothing is ever rejected unheard.
 */
export class BoundedWork {
  readonly #limit: number;
  readonly #onFailure: (error: unknown) => void;
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(limit: number, onFailure: (error: unknown) => void) {
    this.#limit = limit;
    this.#onFailure = onFailure;
  }

  /** Waits for a free place, then starts. The promise inside settles with the work and never rejects. */
  async start(work: () => Promise<void>): Promise<{ readonly done: Promise<void> }> {
    await this.freePlace();
    const done = work()
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#onFailure(error);
      })
      .then(() => {
        this.#running.delete(done);
      });
    this.#running.add(done);
    return { done };
  }

  /** Resolves when something may be started. Throws the first failure. */
  async freePlace(): Promise<void> {
    while (this.#running.size >= this.#limit) await Promise.race(this.#running);
    this.throwIfFailed();
  }

  throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Waits until nothing runs, whatever becomes of it. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}

/**
 * The promise, or the signal's reason as soon as it is aborted; what the promise does afterwards interests
 * nobody. Throws AppError `aborted` where the reason is no error of ours.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortError(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}

function abortError(signal: AbortSignal): AppError {
  return signal.reason instanceof AppError ? signal.reason : new AppError('aborted');
}
