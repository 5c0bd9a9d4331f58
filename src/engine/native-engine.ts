/**
 * web-llm's `MLCEngineInterface` over a `Runner`. One model at a time, one answer at a time: a request that
 * comes while an answer is written is refused with `busy`, since waiting would look like a hang. What this
 * engine cannot do (embeddings, tools, resumable sessions, ...) is refused with `request-unsupported`.
 * Used by the worker (src/worker/native.worker.ts), by the command line and by tests.
 */
import type {
  AppConfig,
  Chat,
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionRequest,
  ChatCompletionRequestBase,
  ChatCompletionRequestNonStreaming,
  ChatCompletionRequestStreaming,
  ChatOptions,
  Completion,
  CompletionCreateParams,
  CompletionCreateParamsBase,
  CompletionCreateParamsNonStreaming,
  CompletionCreateParamsStreaming,
  Completions,
  Embeddings,
  InitProgressCallback,
  LogLevel,
  MLCEngineInterface,
} from '@mlc-ai/web-llm';
import { AppError } from '../core/errors';
import { Answer } from './answer-stream';
import type { EngineOptions } from './engine-options';
import { type GenerationFigures, generate } from './generation';
import { LoadMeter } from './load-meter';
import type { MemoryReport, ModelInfo } from './model-info';
import { type EngineParts, type LoadedModel, ModelSlot } from './model-slot';
import type { TextPrompt } from './model-text';
import { type GenerationSettings, readChatRequest, readCompletionRequest } from './request';
import type { EngineUsage } from './request-types';
import { answerHead, chatShape, completionShape, usageOf } from './response';

export class NativeEngine implements MLCEngineInterface {
  // web-llm's classes only forward `create`, and importing them would bring its whole module along.
  readonly chat = {
    completions: { create: (request: ChatCompletionRequest) => this.chatCompletion(request) },
  } as unknown as Chat;
  readonly completions = {
    create: (request: CompletionCreateParams) => this.completion(request),
  } as unknown as Completions;
  readonly embeddings = { create: () => this.embedding() } as unknown as Embeddings;

  /** Called when the device goes away under the loaded model. */
  onLost: ((error: AppError) => void) | undefined;

  private readonly slot: ModelSlot;
  private appConfig: AppConfig = { model_list: [] };
  private onProgress: InitProgressCallback | undefined;
  /** The answer being written. */
  private answer: Answer | undefined;
  private lastAnswer: Answer | undefined;
  private lastUsage: EngineUsage | undefined;
  /** Counts what was asked of the slot, so that an older load knows it was overtaken. */
  private loads = 0;
  private isForwarding = false;

  constructor(parts: EngineParts) {
    this.slot = new ModelSlot(parts, (error) => {
      // Not waited for: a GPU that is gone may never say so to those who wait for it.
      this.answer?.fail(error);
      this.answer = undefined;
      this.onLost?.(error);
    });
  }

  setInitProgressCallback = (callback: InitProgressCallback): void => {
    this.onProgress = callback;
  };

  getInitProgressCallback = (): InitProgressCallback | undefined => this.onProgress;

  setAppConfig = (appConfig: AppConfig): void => {
    this.appConfig = appConfig;
  };

  /** How models run from the next load on. */
  setOptions(options: EngineOptions): void {
    this.slot.options = options;
  }

  /** Nothing is logged: what happens is said in results, errors and progress. */
  setLogLevel(_level: LogLevel): void {}

  /**
   * Loads one model of the app configuration; the old one is freed first, a load under way is cancelled.
   * `chatOpts` overrides fields of the package's mlc-chat-config.json.
   * @throws AppError `model-unknown`, `request-unsupported` for several models, `aborted` after `unload`,
   *   and what opening, checking and moving the weights throws. No model is loaded then.
   */
  reload = async (modelId: string | string[], chatOpts?: ChatOptions | ChatOptions[]): Promise<void> => {
    const ids = [modelId].flat();
    if (ids.length !== 1) throw new AppError('request-unsupported', { field: 'modelId', value: ids.length });
    const record = this.appConfig.model_list.find(({ model_id }) => model_id === ids[0]);
    if (!record) throw new AppError('model-unknown', { modelId: ids[0]! });
    this.loads += 1;
    const ticket = this.loads;
    await this.clear();
    // Another load, or an unload, came while the old model was being freed.
    if (ticket !== this.loads) throw new AppError('aborted');
    const meter = new LoadMeter((progress) => this.onProgress?.(progress));
    await this.slot.load(record, { ...[chatOpts].flat()[0] }, meter.update);
  };

  /** Frees the model; a load under way rejects with `aborted`. */
  unload = async (): Promise<void> => {
    this.loads += 1;
    await this.clear();
  };

  chatCompletion(request: ChatCompletionRequestNonStreaming): Promise<ChatCompletion>;
  chatCompletion(request: ChatCompletionRequestStreaming): Promise<AsyncIterable<ChatCompletionChunk>>;
  chatCompletion(
    request: ChatCompletionRequestBase,
  ): Promise<AsyncIterable<ChatCompletionChunk> | ChatCompletion>;
  async chatCompletion(
    request: ChatCompletionRequest,
  ): Promise<AsyncIterable<ChatCompletionChunk> | ChatCompletion> {
    const model = this.freeModel();
    const settings = readChatRequest(request, model.context);
    const { contextLength } = model.context;
    const prompt = model.text.fillChat(settings.messages, contextLength, settings.askedTokens);
    const answer = this.begin(model, prompt, settings);
    const shape = chatShape(answerHead(model.modelId));
    return settings.isStream ? answer.chunks(shape, settings.includeUsage) : answer.whole(shape);
  }

  completion(request: CompletionCreateParamsNonStreaming): Promise<Completion>;
  completion(request: CompletionCreateParamsStreaming): Promise<AsyncIterable<Completion>>;
  completion(request: CompletionCreateParamsBase): Promise<AsyncIterable<Completion> | Completion>;
  async completion(request: CompletionCreateParams): Promise<AsyncIterable<Completion> | Completion> {
    const model = this.freeModel();
    const settings = readCompletionRequest(request, model.context);
    const prompt = model.text.fillCompletion(settings.prompt);
    const answer = this.begin(model, prompt, settings, settings.echo ? settings.prompt : '');
    const shape = completionShape(answerHead(model.modelId));
    return settings.isStream ? answer.chunks(shape, settings.includeUsage) : answer.whole(shape);
  }

  async embedding(): Promise<never> {
    throw new AppError('request-unsupported', { field: 'embeddings' });
  }

  interruptGenerate = (): void => {
    this.answer?.abort();
  };

  /** Forgets the conversation; statistics too unless they are to be kept. */
  resetChat = async (keepStats = false, modelId?: string): Promise<void> => {
    const model = this.modelNamed(modelId);
    await this.stop();
    model.runner.truncate(0);
    this.lastAnswer = undefined;
    if (!keepStats) this.lastUsage = undefined;
  };

  /** Text of the last answer, so far as it is written. */
  getMessage = async (modelId?: string): Promise<string> => {
    this.modelNamed(modelId);
    return this.lastAnswer?.text ?? '';
  };

  runtimeStatsText = async (modelId?: string): Promise<string> => {
    this.modelNamed(modelId);
    const { prefill_tokens_per_s: prefill = 0, decode_tokens_per_s: decode = 0 } =
      this.lastUsage?.extra ?? {};
    return `prefill: ${prefill.toFixed(4)} tokens/sec, decoding: ${decode.toFixed(4)} tokens/sec`;
  };

  async getMaxStorageBufferBindingSize(): Promise<number> {
    return (await this.slot.openGpu()).maxBindingBytes;
  }

  async getGPUVendor(): Promise<string> {
    return (await this.slot.openGpu()).vendor;
  }

  /**
   * Low level: appends ids to what the cache holds and draws the next one with the model's own settings.
   * The drawn id is not appended. @param _isPrefill makes no difference here.
   */
  async forwardTokensAndSample(inputIds: number[], _isPrefill: boolean, modelId?: string): Promise<number> {
    const model = this.freeModel();
    this.modelNamed(modelId);
    const { runner, context } = model;
    const bad = inputIds.find((id) => !(Number.isInteger(id) && id >= 0 && id < context.vocab));
    if (bad !== undefined || inputIds.length === 0)
      throw new AppError('parameter-out-of-range', {
        field: 'inputIds',
        value: bad ?? 'none',
        min: 0,
        max: context.vocab - 1,
      });
    const { sampler } = readCompletionRequest({ prompt: ' ' }, context);
    this.isForwarding = true;
    try {
      await runner.prefill(inputIds);
      const length = runner.tokens.length;
      let drawn: number | undefined;
      for await (const { id } of runner.generate({ sampler, maxTokens: 1, stopIds: new Set() })) drawn = id;
      runner.truncate(length);
      if (drawn === undefined) throw new AppError('message-too-long', { limit: runner.contextLength });
      return drawn;
    } finally {
      this.isForwarding = false;
    }
  }

  async listResumableSessions(): Promise<[]> {
    return [];
  }

  async resumeChatCompletion(): Promise<never> {
    throw new AppError('request-unsupported', { field: 'resumable' });
  }

  async deleteResumableSession(): Promise<never> {
    throw new AppError('request-unsupported', { field: 'resumable' });
  }

  /** What the interface shows about the loaded model; null when none is. */
  modelInfo(): ModelInfo | null {
    const model = this.slot.currentOrNone;
    if (!model) return null;
    const { modelId, runner, text, context, load } = model;
    const { isChat, supportsSystem, defaults } = text;
    const { contextLength } = context;
    return {
      modelId,
      architecture: runner.architecture,
      contextLength,
      isChat,
      supportsSystem,
      defaults,
      load,
    };
  }

  memory(): MemoryReport | null {
    return this.slot.currentOrNone?.runner.memory() ?? null;
  }

  /** @throws AppError `not-loaded`. */
  countTokens(text: string): number {
    return this.slot.current.text.tokenizer.encode(text, { specials: false }).length;
  }

  /** The device, when one is open. */
  get gpu() {
    return this.slot.openedGpu;
  }

  private begin(model: LoadedModel, prompt: TextPrompt, settings: GenerationSettings, echo = ''): Answer {
    const { runner, text } = model;
    const usage = (figures: GenerationFigures) =>
      usageOf(figures, prompt.droppedMessages, settings.sampler.seed);
    const answer = new Answer({
      tokenizer: text.tokenizer,
      run: async (emit, signal) => {
        if (echo) emit({ text: echo, tokens: [] });
        try {
          const tokenizer = text.tokenizer;
          const figures = await generate({ runner, tokenizer, prompt, settings, signal, emit });
          this.lastUsage = usage(figures);
          return figures;
        } catch (error) {
          throw await this.slot.lossBehind(AppError.from(error));
        } finally {
          if (this.answer === answer) this.answer = undefined;
        }
      },
      usage,
    });
    this.answer = answer;
    this.lastAnswer = answer;
    return answer;
  }

  private async clear(): Promise<void> {
    await this.stop();
    await this.slot.unload();
    this.lastAnswer = undefined;
    this.lastUsage = undefined;
  }

  /** Ends the answer that is being written and waits until the GPU is done with it. */
  private async stop(): Promise<void> {
    const { answer } = this;
    answer?.abort();
    await answer?.finished;
  }

  /** @throws AppError `not-loaded`, `device-lost`, `busy`. */
  private freeModel(): LoadedModel {
    const model = this.slot.current;
    if (this.answer || this.isForwarding) throw new AppError('busy');
    return model;
  }

  /** @throws AppError `not-loaded`, `device-lost`, `model-unknown`. */
  private modelNamed(modelId: string | undefined): LoadedModel {
    const model = this.slot.current;
    if (modelId !== undefined && modelId !== model.modelId)
      throw new AppError('model-unknown', { modelId, loaded: model.modelId });
    return model;
  }
}
