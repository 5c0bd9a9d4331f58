/**
 * The page's handle on an engine, whichever worker it lives in. Owns one worker at a time:
 *
 *   none --load--> loading --> ready --chat--> generating --> ready
 *   any  --worker error, silence, lost device--> failed; the model is remembered and the next use loads it
 *
 * A record that names a `model_lib` runs on web-llm's own engine in the stock worker, any other on ours.
 * Nothing here knows React; features subscribe with `onState` and `onProgress`.
 */
import type { ChatOptions } from '@mlc-ai/web-llm';
import { AppError } from '../core/errors';
import { DEFAULT_ENGINE_OPTIONS, type EngineOptions } from '../engine/engine-options';
import type { EngineProgress } from '../engine/progress';
import type { ChatRequest, CompletionRequest, EngineUsage, OwnFields } from '../engine/request-types';
import { type ChatOutcome, type Chunk, collect } from './collect';
import { EngineWorker, startWorker, type WorkerFactory } from './engine-worker';
import type { PageEngine } from './page-engine';
import type { SideRequestName, SideRequests } from './protocol';
import { type EngineKind, type EngineRecord, engineKind } from './records';
import { stockLoadError } from './stock-errors';

export type EngineState =
  | { readonly kind: 'none' }
  | { readonly kind: 'loading'; readonly modelId: string }
  | { readonly kind: 'ready'; readonly modelId: string }
  | { readonly kind: 'generating'; readonly modelId: string }
  | { readonly kind: 'failed'; readonly modelId: string; readonly error: AppError };

export interface LoadOptions {
  /** Cancels the load; it then rejects with `aborted` and no model is loaded. */
  readonly signal?: AbortSignal;
  /** Overrides of the package's mlc-chat-config.json. */
  readonly chatOptions?: ChatOptions;
}

export interface StreamOptions {
  /** Called with each piece of new text, in order; pieces grow when the page is slow. */
  readonly onDelta?: (delta: string, chunk: Chunk) => void;
  /** Stops the generation; what was written is returned with finishReason `abort`. */
  readonly signal?: AbortSignal;
}

interface Wanted {
  readonly record: EngineRecord;
  readonly chatOptions: ChatOptions | undefined;
}

/** Errors after which the loaded model is gone and has to be loaded again. */
const LOSSES: readonly string[] = ['worker-crashed', 'device-lost'];

export class EngineClient {
  private running: EngineWorker | undefined;
  /** What should be loaded; survives a crash. */
  private wanted: Wanted | undefined;
  private engineOptions: EngineOptions = DEFAULT_ENGINE_OPTIONS;
  private loadedId: string | undefined;
  private load$: { readonly promise: Promise<void>; readonly cancel: AbortController } | undefined;
  private isGenerating = false;
  private current: EngineState = { kind: 'none' };
  private lastUsed: EngineUsage | undefined;
  private readonly stateListeners = new Set<(state: EngineState) => void>();
  private readonly progressListeners = new Set<(progress: EngineProgress) => void>();

  constructor(private readonly makeWorker: WorkerFactory = startWorker) {}

  get state(): EngineState {
    return this.current;
  }

  /** Id of the model that is loaded. */
  get modelId(): string | undefined {
    return this.loadedId;
  }

  /** Figures of the last finished answer. */
  get lastUsage(): EngineUsage | undefined {
    return this.lastUsed;
  }

  /** Calls back at every change of state; returns the function that ends it. */
  onState(listener: (state: EngineState) => void): () => void {
    this.stateListeners.add(listener);
    return () => void this.stateListeners.delete(listener);
  }

  onProgress(listener: (progress: EngineProgress) => void): () => void {
    this.progressListeners.add(listener);
    return () => void this.progressListeners.delete(listener);
  }

  /**
   * How models run on our own engine from the next load on, in this worker and in those that come after it. A model
   * that is loaded stays as it is until it is loaded again.
   */
  setEngineOptions(options: EngineOptions): void {
    this.engineOptions = options;
  }

  /**
   * Loads a model; the engine frees the old one first. A load under way is cancelled.
   * @throws AppError `busy` while an answer is written, `aborted`, `worker-crashed`, and all that loading
   *   can say: `model-unknown`, `download-failed`, `hash-mismatch`, `out-of-gpu-memory`, ...
   */
  async load(record: EngineRecord, options: LoadOptions = {}): Promise<void> {
    if (this.isGenerating) throw new AppError('busy');
    if (options.signal?.aborted) throw new AppError('aborted');
    // Of calls that come together each finds the load of the one before.
    do await this.cancelLoad();
    while (this.load$);
    this.wanted = { record, chatOptions: options.chatOptions };
    await this.loadWanted(options.signal);
  }

  /** Frees the model, or cancels its load. Stops a running answer first. */
  async unload(): Promise<void> {
    this.wanted = undefined;
    await this.cancelLoad();
    this.loadedId = undefined;
    await this.running?.engine.unload();
    this.setState({ kind: 'none' });
  }

  /**
   * Answers a conversation, streaming. Loads the model again first when worker or device was lost.
   * @throws AppError `not-loaded`, `busy`, whatever the request's validation says, `message-too-long`,
   *   `device-lost`, `worker-crashed`. Text given to `onDelta` before the error stands.
   */
  chat(request: ChatRequest, options: StreamOptions = {}): Promise<ChatOutcome> {
    return this.generate(options, (engine) => {
      this.refuseOwnFields(request);
      return engine.chatCompletion({ ...request, stream: true, stream_options: { include_usage: true } });
    });
  }

  /** Continues a plain text, streaming; throws like `chat`. */
  complete(request: CompletionRequest, options: StreamOptions = {}): Promise<ChatOutcome> {
    return this.generate(options, (engine) => {
      this.refuseOwnFields(request);
      return engine.completion({ ...request, stream: true, stream_options: { include_usage: true } });
    });
  }

  /** Stops the answer that is being written, if any; its promise resolves with finishReason `abort`. */
  interrupt(): void {
    if (this.isGenerating) this.running?.engine.interruptGenerate();
  }

  /** Asks the worker's side channel; starts the native worker when none runs. */
  ask<Name extends SideRequestName>(
    name: Name,
    argument: SideRequests[Name]['argument'],
  ): Promise<SideRequests[Name]['answer']> {
    return (this.running ?? this.start('native')).engine.ask(name, argument);
  }

  /** Ends the worker now. What waits rejects with `worker-crashed`; the next use starts a fresh one. */
  terminate(reason = 'terminated'): void {
    this.crashed(new AppError('worker-crashed', { message: reason }));
  }

  /** Ends the worker, forgets the model and all listeners. */
  dispose(): void {
    this.stateListeners.clear();
    this.progressListeners.clear();
    this.wanted = undefined;
    this.terminate('disposed');
  }

  /** web-llm's own engine would ignore what it does not know. Throws `request-unsupported`. */
  private refuseOwnFields({ top_k: topK }: OwnFields): void {
    if (this.running?.kind === 'stock' && topK !== undefined && topK !== null)
      throw new AppError('request-unsupported', { field: 'top_k', value: topK });
  }

  private async generate(
    options: StreamOptions,
    begin: (engine: PageEngine) => Promise<AsyncIterable<Chunk>>,
  ): Promise<ChatOutcome> {
    if (this.isGenerating) throw new AppError('busy');
    const { signal, onDelta } = options;
    if (signal?.aborted) throw new AppError('aborted');
    this.isGenerating = true;
    const onAbort = () => this.running?.engine.interruptGenerate();
    try {
      const engine = await this.readyEngine(signal);
      this.setState({ kind: 'generating', modelId: this.loadedId! });
      signal?.addEventListener('abort', onAbort);
      const stream = await begin(engine);
      // An interrupt that overtook the request found nothing to stop.
      if (signal?.aborted) onAbort();
      const outcome = await collect(stream, onDelta);
      this.lastUsed = outcome.usage;
      return outcome;
    } catch (error) {
      throw this.noteLoss(AppError.from(error));
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.isGenerating = false;
      if (this.current.kind === 'generating') this.setState({ kind: 'ready', modelId: this.current.modelId });
    }
  }

  /** The engine with the wanted model in it; loads it when it is not there, or waits for the load. */
  private async readyEngine(signal: AbortSignal | undefined): Promise<PageEngine> {
    if (!this.wanted) throw new AppError('not-loaded');
    if (this.load$) await this.load$.promise;
    else if (!this.running || this.loadedId !== this.wanted.record.model_id) await this.loadWanted(signal);
    if (!this.running) throw new AppError('worker-crashed', { message: 'worker ended while loading' });
    return this.running.engine;
  }

  private async loadWanted(signal: AbortSignal | undefined): Promise<void> {
    const cancel = new AbortController();
    const onAbort = () => cancel.abort();
    signal?.addEventListener('abort', onAbort);
    const load = { promise: this.loadInto(this.wanted!, cancel.signal), cancel };
    this.load$ = load;
    try {
      await load.promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      if (this.load$ === load) this.load$ = undefined;
    }
  }

  private async loadInto({ record, chatOptions }: Wanted, cancelled: AbortSignal): Promise<void> {
    const modelId = record.model_id;
    const kind = engineKind(record);
    if (this.running && this.running.kind !== kind) this.stop(new AppError('aborted'));
    this.loadedId = undefined;
    this.setState({ kind: 'loading', modelId });
    const running = this.running ?? this.start(kind);
    const { engine } = running;
    engine.setAppConfig({ model_list: [record], cacheBackend: 'indexeddb' });
    const abort = () => {
      // The stock engine goes on after an abort and then says it loaded: only ending its worker stops it.
      if (kind === 'native') engine.unload().catch(() => {});
      else if (this.running === running) this.stop(new AppError('aborted'));
    };
    cancelled.addEventListener('abort', abort);
    try {
      // Messages arrive in order, and this one cannot fail but with the worker, which the load tells.
      if (kind === 'native') engine.ask('engine-options', this.engineOptions).catch(() => {});
      await engine.load(modelId, chatOptions);
      // Cancelled when it was already done: the unload is on its way behind it.
      if (cancelled.aborted) throw new AppError('aborted');
      this.loadedId = modelId;
      this.setState({ kind: 'ready', modelId });
    } catch (caught) {
      const reason = AppError.from(caught);
      const error = cancelled.aborted
        ? new AppError('aborted')
        : kind === 'stock'
          ? stockLoadError(reason, record)
          : reason;
      this.setState(error.code === 'aborted' ? { kind: 'none' } : { kind: 'failed', modelId, error });
      throw error;
    } finally {
      cancelled.removeEventListener('abort', abort);
    }
  }

  private async cancelLoad(): Promise<void> {
    const load = this.load$;
    if (!load) return;
    load.cancel.abort();
    // Its caller hears how it ended; here only that it has.
    await load.promise.catch(() => {});
  }

  private start(kind: EngineKind): EngineWorker {
    const worker = new EngineWorker(
      kind,
      this.makeWorker,
      (progress) => {
        for (const listener of this.progressListeners) listener(progress);
      },
      (error) => {
        if (this.running === worker) this.crashed(error);
      },
      (error) => {
        // A load or an answer under way fails by itself and tells more.
        if (this.running === worker && this.current.kind === 'ready') this.noteLoss(error);
      },
    );
    this.running = worker;
    return worker;
  }

  private stop(error: AppError): void {
    const { running } = this;
    this.running = undefined;
    this.loadedId = undefined;
    running?.stop(error);
  }

  private crashed(error: AppError): void {
    if (!this.running) return;
    this.stop(error);
    const modelId = this.wanted?.record.model_id;
    this.setState(modelId === undefined ? { kind: 'none' } : { kind: 'failed', modelId, error });
  }

  /** A lost device takes the model with it; the next use loads it again. */
  private noteLoss(error: AppError): AppError {
    if (LOSSES.includes(error.code) && this.wanted && this.current.kind !== 'failed') {
      this.loadedId = undefined;
      this.setState({ kind: 'failed', modelId: this.wanted.record.model_id, error });
    }
    return error;
  }

  private setState(state: EngineState): void {
    this.current = state;
    for (const listener of this.stateListeners) listener(state);
  }
}
