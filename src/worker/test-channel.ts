/** A Worker without a thread: both ends in one process, messages cloned and delivered later, as a real one does. */
import type { WorkerLike } from './page-engine';

export class ChannelWorker implements WorkerLike {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  onmessageerror: ((event: MessageEvent) => void) | null = null;
  isTerminated = false;
  /** Set to make it deaf: a worker stuck in a loop. */
  isStuck = false;
  readonly received: { readonly kind: string }[] = [];
  private readonly handle: (data: never) => void;

  /** @param connect gets the worker's `postMessage` and returns its `onmessage`. */
  constructor(connect: (post: (message: unknown) => void) => (data: never) => void) {
    this.handle = connect((message) => {
      const copy = structuredClone(message);
      setTimeout(() => {
        if (!this.isTerminated && !this.isStuck)
          this.onmessage?.(new MessageEvent('message', { data: copy }));
      });
    });
  }

  postMessage(message: unknown): void {
    const copy = structuredClone(message) as never;
    setTimeout(() => {
      if (this.isTerminated || this.isStuck) return;
      this.received.push(copy);
      this.handle(copy);
    });
  }

  terminate(): void {
    this.isTerminated = true;
  }

  /** As an uncaught error in the worker does. */
  crash(message = 'boom'): void {
    this.onerror?.({ message } as ErrorEvent);
  }
}
