/**
 * Between a generation that runs at its own pace and a reader that asks when it likes: pieces wait here, and
 * a late reader gets all of them as one. One writer, one reader. What waits is bounded by the length of an answer.
 */
export class OutputQueue<T> {
  private readonly waiting: T[] = [];
  private end: { readonly error?: unknown } | undefined;
  private wake: (() => void) | undefined;

  push(piece: T): void {
    if (this.end) return;
    this.waiting.push(piece);
    this.wake?.();
  }

  /** No more pieces. The first of `close` and `fail` counts. */
  close(): void {
    this.end ??= {};
    this.wake?.();
  }

  /** The reader gets what waits, then the error. */
  fail(error: unknown): void {
    this.end ??= { error };
    this.wake?.();
  }

  /** Everything that has come since the last call, at least one piece; undefined after the end. Throws what `fail` was given. */
  async take(): Promise<T[] | undefined> {
    while (this.waiting.length === 0) {
      if (this.end) {
        if ('error' in this.end) throw this.end.error;
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = undefined;
    }
    return this.waiting.splice(0);
  }
}
