/**
 * What the chat knows and can do.
 *
 *   send / regenerate / edit --> running { waiting --> reading --> writing } --> null
 *
 * A conversation that holds no message yet is not stored: it lives in `fresh` under the id NEW.
 */
import type { StoreApi } from 'zustand/vanilla';
import type { AppError } from '../../core/errors';
import type { ChatOptions, Conversation, ConversationMeta } from '../../store/chats';

/** Key of the draft and options of a conversation that has no message yet. */
export const NEW = 'new';

export interface RunningAnswer {
  readonly conversationId: string;
  readonly messageId: string;
  /** Waiting for the model to load, reading the prompt, writing tokens. */
  readonly phase: 'waiting' | 'reading' | 'writing';
}

export interface ChatState {
  readonly isReady: boolean;
  readonly index: readonly ConversationMeta[];
  readonly conversations: Readonly<Record<string, Conversation>>;
  /** null: the new conversation. */
  readonly activeId: string | null;
  /** Model and options of the new conversation once the user has changed them. */
  readonly fresh: { readonly modelId: string; readonly options: ChatOptions } | null;
  readonly drafts: Readonly<Record<string, string>>;
  readonly running: RunningAnswer | null;
  /** Answers that another tab is writing, in conversations opened here. */
  readonly answeredElsewhere: readonly { readonly conversationId: string; readonly messageId: string }[];
  readonly storageError: AppError | null;

  boot(): Promise<void>;
  open(id: string | null): Promise<void>;
  /** Sends to the active conversation and answers. Throws `message-empty` and `busy`. */
  send(text: string): void;
  stop(): void;
  /** Another version of an answer. Throws `busy`. */
  regenerate(messageId: string): void;
  /** Another version of a question, answered. Throws `message-empty` and `busy`. */
  edit(messageId: string, text: string): void;
  show(messageId: string): void;
  rename(id: string, title: string): Promise<void>;
  /** Deletes at once and returns the way back. */
  remove(id: string): Promise<() => Promise<void>>;
  setModel(modelId: string): void;
  setOptions(options: ChatOptions): void;
  setDraft(text: string): void;
  /** Writes everything that is not stored yet; called when the page is hidden. */
  flush(): Promise<void>;
  /** The same for a page that is being closed, where only the first request of each write is sure to run. */
  rescue(): void;
  clear(): Promise<void>;
}

export type ChatStore = StoreApi<ChatState>;
