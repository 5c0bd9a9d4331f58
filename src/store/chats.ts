/**
 * Conversations in IndexedDB: one record each plus one small index, so that saving an answer while it
 * streams never rewrites the history. Records are merged with what is stored, inside one transaction:
 * two tabs that write the same conversation lose no message. Messages form a tree (features/chat/tree.ts
 * walks it); here they are only stored, read and merged.
 */
import { clear, del, get, set, setMany, update } from 'idb-keyval';
import type { ErrorCode, ErrorDetails } from '../core/errors';
import { chatDatabase, guarded } from './database';

export type MessageStatus = 'streaming' | 'done' | 'interrupted' | 'error';

export interface AnswerStats {
  readonly promptTokens: number;
  readonly answerTokens: number;
  readonly timeToFirstTokenMs: number;
  readonly tokensPerSecond: number;
}

export interface Message {
  readonly id: string;
  readonly parentId: string | null;
  /** Ids of the direct answers or follow-ups, oldest first. */
  readonly children: readonly string[];
  readonly role: 'user' | 'assistant';
  readonly content: string;
  readonly status: MessageStatus;
  /** Milliseconds since the epoch. The later version of a message wins a merge. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly modelId?: string;
  readonly stats?: AnswerStats;
  readonly finishReason?: string;
  /** Earlier turns that did not fit into the context when this was answered. */
  readonly droppedTurns?: number;
  readonly error?: { readonly code: ErrorCode; readonly details: ErrorDetails };
}

/** Only what differs from the model's own defaults is present. */
export interface ChatOptions {
  readonly systemPrompt?: string;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly repetitionPenalty?: number;
  readonly maxTokens?: number;
  readonly seed?: number;
}

export interface Conversation {
  readonly id: string;
  readonly title: string;
  /** True once the user has named it: a new first message no longer changes the title. */
  readonly isNamed: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly modelId: string;
  readonly options: ChatOptions;
  readonly messages: Readonly<Record<string, Message>>;
  /** Messages without a parent, oldest first. */
  readonly roots: readonly string[];
  /** The message shown last; null in an empty conversation. */
  readonly currentLeaf: string | null;
}

export interface ConversationMeta {
  readonly id: string;
  readonly title: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const INDEX = 'index';
const recordKey = (id: string) => `chat:${id}`;
const draftKey = (id: string) => `draft:${id}`;

/** Newest first. */
export async function readIndex(): Promise<readonly ConversationMeta[]> {
  return guarded(async () => (await get<readonly ConversationMeta[]>(INDEX, chatDatabase())) ?? []);
}

export async function readConversation(id: string): Promise<Conversation | undefined> {
  return guarded(() => get<Conversation>(recordKey(id), chatDatabase()));
}

/** Merges with the stored record and returns the result; the record is there before the index names it. */
export async function writeConversation(mine: Conversation): Promise<Conversation> {
  return guarded(async () => {
    let merged = mine;
    await update<Conversation>(
      recordKey(mine.id),
      (stored) => {
        merged = stored ? mergeConversations(stored, mine) : mine;
        return merged;
      },
      chatDatabase(),
    );
    const meta = metaOf(merged);
    await update<readonly ConversationMeta[]>(
      INDEX,
      (index = []) =>
        [meta, ...index.filter((entry) => entry.id !== meta.id)].sort((a, b) => b.updatedAt - a.updatedAt),
      chatDatabase(),
    );
    return merged;
  });
}

/** The index forgets it first, so that a crash in between leaves no entry without a record. */
export async function deleteConversation(id: string): Promise<void> {
  await guarded(async () => {
    await update<readonly ConversationMeta[]>(
      INDEX,
      (index = []) => index.filter((entry) => entry.id !== id),
      chatDatabase(),
    );
    await del(recordKey(id), chatDatabase());
    await del(draftKey(id), chatDatabase());
  });
}

export async function readDraft(id: string): Promise<string> {
  return guarded(async () => (await get<string>(draftKey(id), chatDatabase())) ?? '');
}

export async function writeDraft(id: string, text: string): Promise<void> {
  await guarded(() => (text ? set(draftKey(id), text, chatDatabase()) : del(draftKey(id), chatDatabase())));
}

export async function clearChats(): Promise<void> {
  await guarded(async () => {
    await clear(chatDatabase());
    await setMany([[INDEX, []]], chatDatabase());
  });
}

export function metaOf({ id, title, createdAt, updatedAt }: Conversation): ConversationMeta {
  return { id, title, createdAt, updatedAt };
}

/**
 * Union of the messages by id, the later version of each; everything else from the later writer.
 * Children and roots are rebuilt from `parentId`, oldest first, so that both sides agree on the order.
 */
export function mergeConversations(a: Conversation, b: Conversation): Conversation {
  const newer = b.updatedAt >= a.updatedAt ? b : a;
  const messages: Record<string, Message> = { ...a.messages };
  for (const message of Object.values(b.messages)) {
    const other = messages[message.id];
    if (!other || message.updatedAt >= other.updatedAt) messages[message.id] = message;
  }
  const ordered = Object.values(messages).sort(
    (x, y) => x.createdAt - y.createdAt || (x.id < y.id ? -1 : x.id > y.id ? 1 : 0),
  );
  const children = new Map<string | null, string[]>();
  for (const message of ordered) {
    const siblings = children.get(message.parentId);
    if (siblings) siblings.push(message.id);
    else children.set(message.parentId, [message.id]);
  }
  for (const message of ordered)
    messages[message.id] = { ...message, children: children.get(message.id) ?? [] };
  return { ...newer, messages, roots: children.get(null) ?? [] };
}
