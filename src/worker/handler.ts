/**
 * Worker side of web-llm's own message protocol (0.2.86) for any `MLCEngineInterface`. web-llm's handler
 * does the same but drags its 6 MB engine into the worker; this one imports types only. `handler.test.ts`
 * runs one script against both, so that a change of the messages shows.
 *
 * Every request has a uuid and gets one `return` or `throw` with it, except `setAppConfig` and
 * `setLogLevel`, which get none. A stream is opened by `…StreamInit` under the page's `streamId`, then read
 * by `completionStreamNextChunk` until it answers `undefined`. Errors travel as `String(error)`.
 */
import type {
  AppConfig,
  ChatCompletionRequest,
  ChatOptions,
  CompletionCreateParams,
  EmbeddingCreateParams,
  LogLevel,
  MLCEngineInterface,
  ResumeChatCompletionOptions,
  WorkerRequest,
  WorkerResponse,
} from '@mlc-ai/web-llm';
import { AppError } from '../core/errors';
import type { SideAnswers, SideRequestName } from './protocol';

/** Every field any request carries; which are there is decided by its kind. */
interface Params {
  readonly modelId: string[];
  readonly chatOpts?: ChatOptions[];
  readonly request: unknown;
  readonly streamId: string;
  readonly keepStats: boolean;
  readonly inputIds: number[];
  readonly isPrefill: boolean;
  readonly sessionId: string;
  readonly options?: ResumeChatCompletionOptions;
  readonly requestName: SideRequestName;
  readonly requestMessage: string;
}
/** Kinds that ask about one model name it by a plain string, or not at all. */
const oneModel = (params: Params) => params.modelId as unknown as string | undefined;

type Task = (params: Params) => unknown;

export class WorkerHandler {
  /** What the page believes to be loaded. */
  private loaded: readonly string[] | undefined;
  private readonly streams = new Map<string, AsyncIterator<unknown>>();
  private readonly tasks: Readonly<Record<string, Task>>;

  /** @param post sends to the page; @param answers the side channel. */
  constructor(
    private readonly engine: MLCEngineInterface,
    private readonly post: (message: WorkerResponse) => void,
    private readonly answers: SideAnswers = {},
  ) {
    engine.setInitProgressCallback((content) => post({ kind: 'initProgressCallback', uuid: '', content }));
    this.tasks = this.listTasks();
  }

  /** Bound, so that it can be handed over as `onmessage`. */
  readonly handle = (message: WorkerRequest): void => {
    const { kind, uuid, content } = message;
    if (kind === 'setAppConfig') this.engine.setAppConfig(content as AppConfig);
    else if (kind === 'setLogLevel') this.engine.setLogLevel(content as LogLevel);
    else void this.answer(kind, uuid, (content ?? {}) as unknown as Params);
  };

  private async answer(kind: string, uuid: string, params: Params): Promise<void> {
    try {
      const task = this.tasks[kind];
      if (!task) throw new AppError('request-unsupported', { field: kind });
      const content = (await task(params)) as WorkerResponse extends { content: infer C } ? C : never;
      this.post({ kind: 'return', uuid, content });
    } catch (error) {
      this.post({ kind: 'throw', uuid, content: AppError.from(error).toString() });
    }
  }

  private listTasks(): Record<string, Task> {
    const { engine } = this;
    return {
      reload: async ({ modelId, chatOpts }) => {
        this.loaded = undefined;
        await engine.reload(modelId, chatOpts);
        this.loaded = modelId;
        return null;
      },
      unload: async () => {
        await engine.unload();
        this.loaded = undefined;
        this.streams.clear();
        return null;
      },
      chatCompletionNonStreaming: async (params) => {
        await this.reloadIfUnmatched(params);
        return engine.chatCompletion(params.request as ChatCompletionRequest);
      },
      chatCompletionStreamInit: async (params) => {
        await this.reloadIfUnmatched(params);
        return this.openStream(params, await engine.chatCompletion(params.request as ChatCompletionRequest));
      },
      completionNonStreaming: async (params) => {
        await this.reloadIfUnmatched(params);
        return engine.completion(params.request as CompletionCreateParams);
      },
      completionStreamInit: async (params) => {
        await this.reloadIfUnmatched(params);
        return this.openStream(params, await engine.completion(params.request as CompletionCreateParams));
      },
      completionStreamNextChunk: ({ streamId }) => this.nextChunk(streamId),
      completionStreamReturn: async ({ streamId }) => {
        const stream = this.streams.get(streamId);
        this.streams.delete(streamId);
        await stream?.return?.();
        return null;
      },
      embedding: ({ request }) => engine.embedding(request as EmbeddingCreateParams),
      interruptGenerate: () => {
        engine.interruptGenerate();
        return null;
      },
      resetChat: async (params) => {
        await engine.resetChat(params.keepStats, oneModel(params));
        return null;
      },
      getMessage: (params) => engine.getMessage(oneModel(params)),
      runtimeStatsText: (params) => engine.runtimeStatsText(oneModel(params)),
      getGPUVendor: () => engine.getGPUVendor(),
      getMaxStorageBufferBindingSize: () => engine.getMaxStorageBufferBindingSize(),
      forwardTokensAndSample: (params) =>
        engine.forwardTokensAndSample(params.inputIds, params.isPrefill, oneModel(params)),
      listResumableSessions: () => engine.listResumableSessions(),
      resumeChatCompletion: ({ sessionId, options }) => engine.resumeChatCompletion(sessionId, options),
      resumeChatCompletionStreamInit: async (params) => {
        const result = await engine.resumeChatCompletion(params.sessionId, params.options);
        return Symbol.asyncIterator in result ? this.openStream(params, result) : result;
      },
      deleteResumableSession: async ({ sessionId }) => {
        await engine.deleteResumableSession(sessionId);
        return null;
      },
      customRequest: ({ requestName, requestMessage }) =>
        answerSide(this.answers, requestName, requestMessage),
    };
  }

  /** The page may outlive the model: after a worker was replaced, the model it asks for is loaded first. */
  private async reloadIfUnmatched({ modelId, chatOpts }: Params): Promise<void> {
    if (this.loaded?.join('\n') === modelId.join('\n')) return;
    await this.engine.reload(modelId, chatOpts);
    this.loaded = modelId;
  }

  private openStream({ streamId }: Params, result: unknown): null {
    this.streams.set(streamId, (result as AsyncIterable<unknown>)[Symbol.asyncIterator]());
    return null;
  }

  private async nextChunk(streamId: string): Promise<unknown> {
    const stream = this.streams.get(streamId);
    if (!stream) throw new AppError('internal', { message: 'the stream is closed' });
    try {
      const { value, done } = await stream.next();
      if (done) this.streams.delete(streamId);
      return done ? undefined : value;
    } catch (error) {
      this.streams.delete(streamId);
      throw error;
    }
  }
}

/** Looks the request up and answers it. Throws `request-unsupported` {field}. */
export async function answerSide(
  answers: SideAnswers,
  name: SideRequestName,
  message: string,
): Promise<unknown> {
  const answer = answers[name] as ((argument: unknown) => unknown) | undefined;
  if (!answer) throw new AppError('request-unsupported', { field: name });
  return answer(JSON.parse(message));
}
