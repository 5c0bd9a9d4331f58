/** Waits that an abort ends: one listener for a whole generation, and nothing that piles up on a signal that never fires. */
export class AbortableWait {
  private end: (() => void) | undefined;
  private readonly onAbort = () => this.end?.();

  constructor(private readonly signal: AbortSignal | undefined) {
    signal?.addEventListener('abort', this.onAbort);
  }

  /** The promise's value, or undefined as soon as the signal aborts. One wait at a time. */
  for<T>(promise: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.end = () => resolve(undefined);
      if (this.signal?.aborted) this.end();
      promise.then(resolve, reject);
    });
  }

  /** Lets go of the signal. */
  stop(): void {
    this.signal?.removeEventListener('abort', this.onAbort);
  }
}
