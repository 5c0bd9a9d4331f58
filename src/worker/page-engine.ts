/**
 * web-llm's `WebWorkerMLCEngine` with three repairs for the page: errors are AppErrors again instead of
 * strings, a dead worker rejects what waits for it instead of leaving it pending for ever, the side channel
 * has a typed call, and a lost device is told as it happens. One object per worker; src/worker/client.ts replaces both after a crash.
 */
import { type ChatOptions, WebWorkerMLCEngine, type WorkerRequest } from '@mlc-ai/web-llm';
import { AppError } from '../core/errors';
import type { LostMessage, SideRequestName, SideRequests } from './protocol';

/** What the client needs of a Worker; tests put two ends of a channel behind it. */
export interface WorkerLike {
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  onmessageerror: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
  terminate(): void;
}

export class PageEngine extends WebWorkerMLCEngine {
  /** Called when the GPU goes away under the loaded model, whether or not anything is asked then. */
  onLost: ((error: AppError) => void) | undefined;
  private crash: AppError | undefined;
  private readonly waiting = new Set<(error: AppError) => void>();

  /** @param toError turns the text of a worker's error into an AppError. */
  constructor(
    worker: WorkerLike,
    private readonly toError: (error: unknown) => AppError = AppError.from,
  ) {
    super(worker);
  }

  /** Number of answers still expected from the worker. */
  get pendingCount(): number {
    return this.waiting.size;
  }

  /** Rejects everything that waits and everything asked from now on. */
  fail(error: AppError): void {
    this.crash ??= error;
    for (const reject of [...this.waiting]) reject(error);
    this.waiting.clear();
  }

  /**
   * Loads one model. Unlike `reload` it leaves no model behind when it fails: web-llm's would go on naming
   * the old one, and the worker would bring it back at the next request.
   */
  async load(modelId: string, chatOptions?: ChatOptions): Promise<void> {
    delete this.modelId;
    delete this.chatOpts;
    await this.reload(modelId, chatOptions);
  }

  /** Asks the side channel. Rejects with the worker's AppError. */
  ask<Name extends SideRequestName>(
    name: Name,
    argument: SideRequests[Name]['argument'],
  ): Promise<SideRequests[Name]['answer']> {
    const content = { requestName: name, requestMessage: JSON.stringify(argument) };
    return this.getPromise({ kind: 'customRequest', uuid: crypto.randomUUID(), content }) as Promise<
      SideRequests[Name]['answer']
    >;
  }

  /** web-llm's returns nothing and drops its promise; a worker that died meanwhile is not news here. */
  override interruptGenerate(): void {
    this.getPromise({ kind: 'interruptGenerate', uuid: crypto.randomUUID(), content: null }).catch(() => {});
  }

  override onmessage(event: MessageEvent<LostMessage>): void {
    if (event.data.kind === 'deviceLost') this.onLost?.(this.toError(event.data.content));
    else super.onmessage(event);
  }

  protected override getPromise<T extends WorkerRequest['content']>(message: WorkerRequest): Promise<T> {
    if (this.crash) return Promise.reject(this.crash);
    return new Promise<T>((resolve, reject) => {
      this.waiting.add(reject);
      const done = () => this.waiting.delete(reject);
      super.getPromise(message).then(
        (value) => {
          done();
          resolve(value as T);
        },
        (error: unknown) => {
          done();
          reject(this.toError(error));
        },
      );
    });
  }
}
