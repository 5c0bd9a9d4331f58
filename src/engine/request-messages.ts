/** Checks the messages of a chat request: text only, an optional system text first, then turns that end with the user. */
import { AppError } from '../core/errors';
import type { ChatMessage } from '../models/chat-template';
import { type Fields, isFields, isGiven, refuseUnknown, unsupported } from './request-fields';

const MESSAGE_FIELDS = new Set(['role', 'content']);
const ROLES: readonly string[] = ['system', 'user', 'assistant'];

/** @throws AppError `message-empty` {field}, `request-unsupported` {field}. */
export function readMessages(value: unknown): readonly ChatMessage[] {
  if (!Array.isArray(value)) throw unsupported('messages', value);
  const messages = value.map((entry: unknown, index) => readMessage(entry, index));
  const last = messages.at(-1);
  if (!last) throw new AppError('message-empty', { field: 'messages' });
  if (last.role !== 'user')
    throw unsupported(`messages[${messages.length - 1}].role`, `${last.role} as the last`);
  const turns = messages[0]?.role === 'system' ? messages.slice(1) : messages;
  turns.forEach(({ role }, index) => {
    const expected = index % 2 === 0 ? 'user' : 'assistant';
    if (role !== expected)
      throw unsupported(
        `messages[${index + messages.length - turns.length}].role`,
        `${role} instead of ${expected}`,
      );
  });
  return messages;
}

function readMessage(entry: unknown, index: number): ChatMessage {
  const at = `messages[${index}]`;
  if (!isFields(entry)) throw unsupported(at, entry);
  refuseUnknown(entry, MESSAGE_FIELDS, `${at}.`);
  const role = entry.role;
  if (typeof role !== 'string' || !ROLES.includes(role)) throw unsupported(`${at}.role`, role);
  const content = readContent(entry, at);
  if (role === 'user' && content.trim() === '') throw new AppError('message-empty', { field: at });
  return { role: role as ChatMessage['role'], content };
}

/** A string, or text parts joined; an assistant's may be absent, as after a failed turn. */
function readContent({ role, content }: Fields, at: string): string {
  if (typeof content === 'string') return content;
  if (!isGiven(content) && role === 'assistant') return '';
  if (!isGiven(content)) throw new AppError('message-empty', { field: at });
  if (!Array.isArray(content)) throw unsupported(`${at}.content`, content);
  return content
    .map((part: unknown) => {
      if (!isFields(part) || part.type !== 'text' || typeof part.text !== 'string')
        throw unsupported(`${at}.content`, isFields(part) ? part.type : part);
      return part.text;
    })
    .join('');
}
