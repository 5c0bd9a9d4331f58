/**
 * Conversations in IndexedDB: one record each plus one small index, so that saving an answer while it
 * streams never rewrites the history. Records are merged with what is stored, inside one transaction:
 * two tabs that write the same conversation lose no message. Messages form a tree (features/chat/tree.ts
 * walks it); here they are only stored, read and merged.
 */
import { clear, get, getMany, promisifyRequest } from 'idb-keyval';
import type { ErrorCode, ErrorDetails } from '../core/errors';
import { chatDatabase, guarded, inTransaction } from './database';

export type MessageStatus = 'streaming' | 'done' | 'interrupted' | 'error';

export interface AnswerStats {
  readonly promptTokens: number;
  readonly answerTokens: number;
  readonly timeToFirstTokenMs: number;
  readonly tokensPerSecond: number;
  /** Prompt tokens that were still in the cache; absent in older answers and where there were none. */
  readonly reusedTokens?: number;
  /** Tokens of the answer that were guessed ahead, and how many of them were right. */
  readonly draftedTokens?: number;
  readonly acceptedTokens?: number;
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
  /** Oldest messages that did not fit into the context when this was answered. */
  readonly droppedMessages?: number;
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
const rescueKey = (id: string) => `rescue:${id}`;
const draftKey = (id: string) => `draft:${id}`;

/** Newest first. */
export async function readIndex(): Promise<readonly ConversationMeta[]> {
  return guarded(async () => (await get<readonly ConversationMeta[]>(INDEX, chatDatabase())) ?? []);
}

export async function readConversation(id: string): Promise<Conversation | undefined> {
  return guarded(async () => {
    const [stored, rescued] = await getMany<Conversation | undefined>(
      [recordKey(id), rescueKey(id)],
      chatDatabase(),
    );
    return join(stored, rescued);
  });
}

/**
 * Merges with the stored record and returns the result. Record and index are one transaction: either both
 * are written or neither.
 */
export async function writeConversation(mine: Conversation): Promise<Conversation> {
  return inTransaction(chatDatabase(), async (store) => {
    const read = <T>(key: string) => promisifyRequest<T | undefined>(store.get(key));
    const [stored, rescued, index = []] = await Promise.all([
      read<Conversation>(recordKey(mine.id)),
      read<Conversation>(rescueKey(mine.id)),
      read<readonly ConversationMeta[]>(INDEX),
    ]);
    const merged = join(join(stored, rescued), mine) ?? mine;
    store.put(merged, recordKey(mine.id));
    store.delete(rescueKey(mine.id));
    store.put(withMeta(index, metaOf(merged)), INDEX);
    return merged;
  });
}

/**
 * For a page that is being closed: no time to read and merge. The record is put aside with one request and
 * merged at the next read or write; the index knows the conversation since its first write.
 */
export async function rescueConversation(mine: Conversation): Promise<void> {
  await inTransaction(chatDatabase(), (store) => {
    store.put(mine, rescueKey(mine.id));
    store.transaction.commit();
  });
}

export async function deleteConversation(id: string): Promise<void> {
  await inTransaction(chatDatabase(), async (store) => {
    const index = (await promisifyRequest<readonly ConversationMeta[] | undefined>(store.get(INDEX))) ?? [];
    store.put(
      index.filter((entry) => entry.id !== id),
      INDEX,
    );
    for (const key of [recordKey(id), rescueKey(id), draftKey(id)]) store.delete(key);
  });
}

export async function readDraft(id: string): Promise<string> {
  return guarded(async () => (await get<string>(draftKey(id), chatDatabase())) ?? '');
}

/** One request, committed at once, so that it also works while the page is being closed. */
export async function writeDraft(id: string, text: string): Promise<void> {
  await inTransaction(chatDatabase(), (store) => {
    if (text) store.put(text, draftKey(id));
    else store.delete(draftKey(id));
    store.transaction.commit();
  });
}

export async function clearChats(): Promise<void> {
  await guarded(() => clear(chatDatabase()));
}

export function metaOf({ id, title, createdAt, updatedAt }: Conversation): ConversationMeta {
  return { id, title, createdAt, updatedAt };
}

function withMeta(index: readonly ConversationMeta[], meta: ConversationMeta): readonly ConversationMeta[] {
  return [meta, ...index.filter((entry) => entry.id !== meta.id)].sort((a, b) => b.updatedAt - a.updatedAt);
}

function join(a: Conversation | undefined, b: Conversation | undefined): Conversation | undefined {
  return a && b ? mergeConversations(a, b) : (b ?? a);
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
