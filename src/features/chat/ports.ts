/** What the chat needs from outside; the app connects it (src/app/services.ts). */
import type { ChatRequest } from '../../engine/request-types';
import type { ChatOptions } from '../../store/chats';
import type { ChatOutcome } from '../../worker/collect';

export interface AnswerOptions {
  readonly signal: AbortSignal;
  /** The model is loaded and starts on the request. */
  readonly onStart: () => void;
  readonly onDelta: (delta: string) => void;
}

export interface ChatPorts {
  /** Answers with the given model, loading it first or waiting for its load. Rejects with AppErrors. */
  readonly answer: (modelId: string, request: ChatRequest, options: AnswerOptions) => Promise<ChatOutcome>;
  /** The model and options a new conversation starts with. */
  readonly startWith: () => { readonly modelId: string; readonly options: ChatOptions };
  readonly now: () => number;
}
