/**
 * Fills the context: checks the conversation, keeps the system text and the last message, and leaves out the
 * oldest pairs of turns where all of it would not fit beside the room for the answer. (The reference measured
 * the prompt alone and could drop the question itself.)
 */
import { AppError } from '../core/errors';
import { encodeSegments } from '../tokenizer/encode-segments';
import type { Tokenizer } from '../tokenizer/types';
import { type ChatMessage, type ChatTemplate, renderChat, resolveTokens } from './chat-template';

export interface PromptRequest {
  readonly template: ChatTemplate;
  readonly tokenizer: Tokenizer;
  /** User and assistant in turn, the user first and last; one system message may lead. */
  readonly messages: readonly ChatMessage[];
  /** The user's own system text; a leading system message wins over it. */
  readonly system?: string | undefined;
}

export interface FilledPrompt {
  /** [promptTokens] ids. */
  readonly ids: number[];
  /** Number of messages left out, oldest first. */
  readonly dropped: number;
  readonly promptTokens: number;
}

export interface BuiltPrompt extends FilledPrompt {
  /** Positions kept free for the answer. */
  readonly reservedTokens: number;
}

/**
 * The longest suffix of the conversation whose prompt has at most `limitTokens` ids.
 * Throws AppError `message-empty` {field}, `request-unsupported` {field, feature}, and `message-too-long`
 * {tokens, limit, excessTokens} when system text and last message alone do not fit.
 */
export function fillPrompt(request: PromptRequest, limitTokens: number): FilledPrompt {
  const { system, turns } = splitMessages(request);
  const encodeFrom = (pairs: number) => encodeTurns(request, turns.slice(2 * pairs), system);
  // A prompt only grows with its turns, so the fewest dropped pairs are found by halving.
  const mostPairs = (turns.length - 1) / 2;
  let ids = encodeFrom(0);
  if (ids.length <= limitTokens) return { ids, dropped: 0, promptTokens: ids.length };
  ids = encodeFrom(mostPairs);
  if (ids.length > limitTokens) {
    const limit = Math.max(0, limitTokens);
    throw new AppError('message-too-long', { tokens: ids.length, limit, excessTokens: ids.length - limit });
  }
  let tooFew = 0;
  let enough = mostPairs;
  while (enough - tooFew > 1) {
    const pairs = (tooFew + enough) >> 1;
    const candidate = encodeFrom(pairs);
    if (candidate.length <= limitTokens) {
      enough = pairs;
      ids = candidate;
    } else {
      tooFew = pairs;
    }
  }
  return { ids, dropped: 2 * enough, promptTokens: ids.length };
}

/** A quarter of the context, at most this many positions, is kept for an answer of unstated length. */
const MOST_RESERVED = 1024;
/** A long last message may eat into that room down to this many positions. */
const LEAST_RESERVED = 64;

/**
 * `maxTokens` positions are kept free for the answer. Where it is undefined, a quarter of the context (at most
 * 1024) is, except that one message too long for that may leave as few as 64 (an eighth of a tiny context).
 * Throws like `fillPrompt`, and `parameter-out-of-range` {parameter, value, min, max} for a `maxTokens` that
 * leaves no room for any prompt.
 */
export function buildPrompt(
  request: PromptRequest & { readonly contextLength: number; readonly maxTokens: number | undefined },
): BuiltPrompt {
  const { contextLength, maxTokens } = request;
  const max = contextLength - 1;
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && maxTokens >= 1 && maxTokens <= max)) {
    throw new AppError('parameter-out-of-range', { parameter: 'max_tokens', value: maxTokens, min: 1, max });
  }
  const wanted = maxTokens ?? Math.min(MOST_RESERVED, contextLength >> 2);
  const least = maxTokens ?? Math.min(LEAST_RESERVED, contextLength >> 3);
  const withReserve = (reservedTokens: number) => ({
    ...fillPrompt(request, contextLength - reservedTokens),
    reservedTokens,
  });
  try {
    return withReserve(wanted);
  } catch (error) {
    if (least < wanted && error instanceof AppError && error.code === 'message-too-long')
      return withReserve(least);
    throw error;
  }
}

/** Ids of text to be continued as it stands, with the template's BOS. Special strings stay text. */
export function encodeCompletion(template: ChatTemplate, tokenizer: Tokenizer, text: string): number[] {
  return [
    ...resolveTokens(template.prefixTokens, tokenizer.specials),
    ...encodeSegments(tokenizer, [{ text, specials: false }]),
  ];
}

function encodeTurns({ template, tokenizer }: PromptRequest, turns: readonly ChatMessage[], system: string) {
  const prefix = resolveTokens(template.prefixTokens, tokenizer.specials);
  return [...prefix, ...encodeSegments(tokenizer, renderChat(template, turns, system))];
}

function splitMessages({ messages, system }: PromptRequest): {
  system: string;
  turns: readonly ChatMessage[];
} {
  const [first] = messages;
  const hasSystem = first?.role === 'system';
  const turns = hasSystem ? messages.slice(1) : messages;
  const offset = messages.length - turns.length;
  turns.forEach(({ role, content }, index) => {
    const field = `messages[${index + offset}]`;
    if (role !== (index % 2 === 0 ? 'user' : 'assistant')) {
      throw new AppError('request-unsupported', { field: `${field}.role`, feature: `${field}.role ${role}` });
    }
    if (role === 'user' && content.trim() === '') throw new AppError('message-empty', { field });
  });
  if (turns.length === 0) throw new AppError('message-empty', { field: 'messages' });
  if (turns.length % 2 === 0) {
    const field = `messages[${messages.length - 1}].role`;
    throw new AppError('request-unsupported', { field, feature: `${field} assistant` });
  }
  const text = (hasSystem ? first.content : system) ?? '';
  return { system: text.trim() === '' ? '' : text, turns };
}
