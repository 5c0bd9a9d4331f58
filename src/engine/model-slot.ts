/**
 * The one place for a loaded model: opens the GPU once, brings a model in, tries it, and takes it out again.
 *
 *   empty --load--> loading --ok--> full --unload--> empty
 *   loading --unload or failure--> empty        full --device lost--> lost --load or unload--> …
 */
import type { ModelRecord } from '@mlc-ai/web-llm';
import { AppError } from '../core/errors';
import type { PackageFiles } from '../formats/package-files';
import type { Gpu } from '../gpu/device';
import { type ModelPackage, openPackage } from '../models/package';
import { DEFAULT_ENGINE_OPTIONS, type EngineOptions } from './engine-options';
import type { LoadReport } from './load-report';
import { type ModelText, openText } from './model-text';
import { withOverrides } from './override-config';
import type { PhaseProgress } from './progress';
import type { RequestContext } from './request';
import type { RunnerOptions } from './runner';
import type { TunerOptions } from './tuner';
import type { Runner } from './types';

export type Report = (step: PhaseProgress) => void;

/** What the engine is made of; injected, so that it runs in a worker, on the command line and in tests. */
export interface EngineParts {
  /** Throws `no-webgpu`, `no-adapter`, `limits-too-small`. */
  openGpu(): Promise<Gpu>;
  /** The stored model; fetches it first where it has to. Throws `model-incomplete`, `download-failed`, ... */
  openPackage(record: ModelRecord, report: Report, signal: AbortSignal): Promise<PackageFiles>;
  /** src/engine/runner.ts; tests may put a scripted one here. */
  createRunner(gpu: Gpu, model: ModelPackage, options: RunnerOptions): Promise<Runner>;
  /** Whether kernels are tried against each other, and where the outcome is kept. */
  readonly tuner?: TunerOptions;
}

export interface LoadedModel {
  readonly modelId: string;
  readonly runner: Runner;
  readonly load: LoadReport;
  readonly text: ModelText;
  /** What requests are checked against. */
  readonly context: RequestContext;
}

export class ModelSlot {
  /** Taken up by the next load. */
  options: EngineOptions = DEFAULT_ENGINE_OPTIONS;
  private gpu: Promise<Gpu> | undefined;
  private opened: Gpu | undefined;
  private model: LoadedModel | undefined;
  private lost: AppError | undefined;
  private loading: { readonly controller: AbortController; readonly done: Promise<void> } | undefined;

  /** @param onLost called once when the device goes away under a loaded model. */
  constructor(
    private readonly parts: EngineParts,
    private readonly onLost: (error: AppError) => void,
  ) {}

  /** @throws AppError `device-lost` until the next load, `not-loaded`. */
  get current(): LoadedModel {
    if (this.model) return this.model;
    throw this.lost ?? new AppError('not-loaded');
  }

  get currentOrNone(): LoadedModel | undefined {
    return this.model;
  }

  get openedGpu(): Gpu | undefined {
    return this.opened;
  }

  /** Opens the device on first use, and again after it was lost. */
  openGpu(): Promise<Gpu> {
    this.gpu ??= this.parts.openGpu().then(
      (gpu) => {
        this.opened = gpu;
        void gpu.device.lost.then((info) => this.noteLost(gpu, info));
        return gpu;
      },
      (error: unknown) => {
        this.gpu = undefined;
        throw error;
      },
    );
    return this.gpu;
  }

  /**
   * The loss of the device, when that is what an unexplained error comes from; the GPU's operations may fail a
   * moment before its `lost` promise settles.
   */
  async lossBehind(error: AppError): Promise<AppError> {
    if (error.code !== 'internal') return error;
    if (!this.lost && this.opened) {
      const soon = new Promise((resolve) => setTimeout(resolve, 100));
      await Promise.race([this.opened.device.lost, soon]);
    }
    return this.lost ?? error;
  }

  /** The slot must be empty. @throws AppError `aborted` when `unload` came first, and what loading throws. */
  async load(
    record: ModelRecord,
    overrides: Readonly<Record<string, unknown>>,
    report: Report,
  ): Promise<void> {
    this.lost = undefined;
    const controller = new AbortController();
    const work = this.bringIn(record, overrides, report, controller.signal);
    const done = work.then(
      () => {},
      () => {},
    );
    this.loading = { controller, done };
    try {
      await work;
      controller.signal.throwIfAborted();
    } catch (caught) {
      const error = AppError.from(caught);
      if (controller.signal.aborted) {
        // It may have come through at the last moment.
        this.drop();
        throw new AppError('aborted', {}, error);
      }
      throw await this.lossBehind(error);
    } finally {
      if (this.loading?.controller === controller) this.loading = undefined;
    }
  }

  /** Cancels a load and waits for its end, or frees the model. */
  async unload(): Promise<void> {
    this.loading?.controller.abort();
    await this.loading?.done;
    this.lost = undefined;
    this.drop();
  }

  private async bringIn(
    record: ModelRecord,
    overrides: Readonly<Record<string, unknown>>,
    report: Report,
    signal: AbortSignal,
  ): Promise<void> {
    const stored = await this.parts.openPackage(record, report, signal);
    signal.throwIfAborted();
    const startedMs = performance.now();
    // The device is opened while the files are looked at; who waits for it hears how that went.
    const opening = this.openGpu();
    opening.catch(() => {});
    const model = await openPackage(withOverrides(stored, { ...record.overrides, ...overrides }));
    const text = await openText(model);
    const runner = await this.makeRunner(opening, model, text, report, signal);
    const { architecture, contextLength } = runner;
    const { isChat, defaults, stopIds, stopStrings } = text;
    const modelId = record.model_id;
    this.model = {
      modelId,
      runner,
      load: { ...runner.load, totalMs: performance.now() - startedMs },
      text,
      context: {
        modelId,
        isChat,
        defaults,
        stopIds,
        stopStrings,
        vocab: architecture.vocab,
        contextLength,
      },
    };
    report({ phase: 'ready', bytesDone: 0, bytesTotal: 0 });
  }

  /** The tokenizer goes when this fails. */
  private async makeRunner(
    opening: Promise<Gpu>,
    model: ModelPackage,
    { tokenizer }: ModelText,
    report: Report,
    signal: AbortSignal,
  ): Promise<Runner> {
    try {
      const gpu = await opening;
      signal.throwIfAborted();
      const runner = await this.parts.createRunner(gpu, model, {
        drawableVocab: tokenizer.vocabSize,
        engine: this.options,
        warmUp: true,
        ...(this.parts.tuner && { tuner: this.parts.tuner }),
        onProgress: (bytesDone, bytesTotal) => report({ phase: 'gpu', bytesDone, bytesTotal }),
        onPhase: (phase) => report({ phase, bytesDone: 0, bytesTotal: 0 }),
        signal,
      });
      if (!signal.aborted) return runner;
      runner.dispose();
      throw new AppError('aborted');
    } catch (error) {
      tokenizer.dispose();
      throw error;
    }
  }

  private noteLost(gpu: Gpu, info: GPUDeviceLostInfo): void {
    if (this.opened !== gpu) return;
    this.opened = undefined;
    this.gpu = undefined;
    this.lost = new AppError('device-lost', { reason: info.reason ?? 'unknown', message: info.message });
    this.drop();
    this.onLost(this.lost);
  }

  private drop(): void {
    const { model } = this;
    this.model = undefined;
    model?.runner.dispose();
    model?.text.tokenizer.dispose();
  }
}
