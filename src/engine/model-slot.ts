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
import { GREEDY } from './greedy';
import { type ModelText, openText } from './model-text';
import { withOverrides } from './override-config';
import type { PhaseProgress } from './progress';
import type { RequestContext } from './request';
import type { RunnerOptions } from './runner';
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
}

export interface LoadedModel {
  readonly modelId: string;
  readonly runner: Runner;
  readonly text: ModelText;
  /** What requests are checked against. */
  readonly context: RequestContext;
}

export class ModelSlot {
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
    } catch (caught) {
      const error = AppError.from(caught);
      if (controller.signal.aborted) throw new AppError('aborted', {}, error);
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
    const model = await openPackage(withOverrides(stored, { ...record.overrides, ...overrides }));
    const text = await openText(model);
    const gpu = await this.openGpu();
    signal.throwIfAborted();
    const runner = await this.parts.createRunner(gpu, model, {
      drawableVocab: text.tokenizer.vocabSize,
      onProgress: (bytesDone, bytesTotal) => report({ phase: 'gpu', bytesDone, bytesTotal }),
      signal,
    });
    try {
      signal.throwIfAborted();
      report({ phase: 'warmup', bytesDone: 0, bytesTotal: 0 });
      await warmUp(runner, signal);
    } catch (error) {
      runner.dispose();
      text.tokenizer.dispose();
      throw error;
    }
    const { architecture, contextLength } = runner;
    const { isChat, defaults, stopIds, stopStrings } = text;
    const modelId = record.model_id;
    this.model = {
      modelId,
      runner,
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

/** Enough tokens that they are fed as a chunk; a few go through the decode kernels alone. */
const WARM_UP_TOKENS = 8;

/** Some tokens in and two out go through every pipeline, so that the first answer does not wait for a compiler. */
async function warmUp(runner: Runner, signal: AbortSignal): Promise<void> {
  await runner.prefill(new Array<number>(Math.min(WARM_UP_TOKENS, runner.contextLength - 2)).fill(0), signal);
  const steps = runner.generate({ sampler: GREEDY, maxTokens: 2, stopIds: new Set(), signal });
  for await (const _token of steps);
  runner.truncate(0);
}
