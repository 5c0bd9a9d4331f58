/**
 * The message tree of a conversation as pure functions: each takes a conversation and gives a new one.
 * Editing and regenerating add siblings; nothing is ever overwritten, and `currentLeaf` says which branch
 * is shown. Storage and merging are in store/chats.ts.
 */
import type { Conversation, Message } from '../../store/chats';

export interface NewMessage {
  readonly id: string;
  readonly parentId: string | null;
  readonly role: Message['role'];
  readonly content: string;
  readonly status: Message['status'];
  readonly modelId?: string;
}

/** Adds a message and shows its branch. A parent that is not there makes it a root. */
export function addMessage(conversation: Conversation, fresh: NewMessage, now: number): Conversation {
  const parent = fresh.parentId === null ? undefined : conversation.messages[fresh.parentId];
  const message: Message = {
    ...fresh,
    parentId: parent ? parent.id : null,
    children: [],
    createdAt: now,
    updatedAt: now,
  };
  const messages = { ...conversation.messages, [message.id]: message };
  if (parent) messages[parent.id] = { ...parent, children: [...parent.children, message.id] };
  return {
    ...conversation,
    messages,
    roots: parent ? conversation.roots : [...conversation.roots, message.id],
    currentLeaf: message.id,
    updatedAt: now,
  };
}

/** Replaces fields of one message; a message that is not there (deleted elsewhere) changes nothing. */
export function patchMessage(
  conversation: Conversation,
  id: string,
  patch: Partial<Omit<Message, 'id' | 'parentId' | 'children' | 'role' | 'createdAt'>>,
  now: number,
): Conversation {
  const message = conversation.messages[id];
  if (!message) return conversation;
  return {
    ...conversation,
    messages: { ...conversation.messages, [id]: { ...message, ...patch, updatedAt: now } },
    updatedAt: now,
  };
}

/** From the root to the current leaf. */
export function visiblePath(conversation: Conversation): readonly Message[] {
  return pathTo(conversation, conversation.currentLeaf);
}

/** From the root to `id`, both included. A damaged record with a cycle ends the walk. */
export function pathTo(conversation: Conversation, id: string | null): readonly Message[] {
  const path: Message[] = [];
  const seen = new Set<string>();
  let at = id;
  while (at !== null && !seen.has(at)) {
    const message = conversation.messages[at];
    if (!message) break;
    seen.add(at);
    path.push(message);
    at = message.parentId;
  }
  return path.reverse();
}

/** The versions of a message, itself included, oldest first, and its place among them. */
export function versionsOf(
  conversation: Conversation,
  id: string,
): { readonly ids: readonly string[]; readonly position: number } {
  const message = conversation.messages[id];
  if (!message) return { ids: [], position: -1 };
  const siblings =
    message.parentId === null
      ? conversation.roots
      : (conversation.messages[message.parentId]?.children ?? [id]);
  // Only the same role counts: a root could in theory follow another role after a merge.
  const ids = siblings.filter((sibling) => conversation.messages[sibling]?.role === message.role);
  return { ids, position: ids.indexOf(id) };
}

/** Shows the branch through `id`, down to its newest leaf. */
export function showBranch(conversation: Conversation, id: string, now: number): Conversation {
  const leaf = newestLeaf(conversation, id);
  return leaf === undefined ? conversation : { ...conversation, currentLeaf: leaf, updatedAt: now };
}

function newestLeaf(conversation: Conversation, id: string): string | undefined {
  let at = conversation.messages[id];
  const seen = new Set<string>();
  while (at && !seen.has(at.id)) {
    seen.add(at.id);
    const next: Message | undefined = conversation.messages[at.children.at(-1) ?? ''];
    if (!next) return at.id;
    at = next;
  }
  return at?.id;
}

/** The first line of the first message, cut to a length that fits the side bar. */
export function titleFrom(text: string, limit = 48): string {
  const line =
    text
      .split('\n')
      .map((part) => part.trim())
      .find((part) => part !== '') ?? '';
  const characters = [...line];
  return characters.length <= limit ? line : `${characters.slice(0, limit - 1).join('')}…`;
}
