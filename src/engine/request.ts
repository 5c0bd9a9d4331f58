/**
 * Turns a chat or completion request of web-llm's shape into checked settings. Everything is either
 * understood, or refused with an AppError that names the field; nothing is ignored. Ranges are OpenAI's
 * where it states them, web-llm's otherwise. Fields that OpenAI does not know (top_k, repetition_penalty,
 * ignore_eos) may also stand in `extra_body`, where OpenAI's own client puts them.
 */
import { AppError } from '../core/errors';
import type { ChatMessage } from '../models/chat-template';
import type { GenerationDefaults } from '../models/generation-defaults';
import {
  type Fields,
  isFields,
  isGiven,
  readBoolean,
  readNumber,
  refuseUnknown,
  unsupported,
} from './request-fields';
import { readMessages } from './request-messages';
import type { SamplerSettings } from './types';

/** What a request is checked against. */
export interface RequestContext {
  readonly modelId: string;
  readonly isChat: boolean;
  readonly defaults: GenerationDefaults;
  readonly stopIds: ReadonlySet<number>;
  readonly stopStrings: readonly string[];
  /** Rows of the head; ids of logit_bias lie below. */
  readonly vocab: number;
  readonly contextLength: number;
}

export interface GenerationSettings {
  readonly sampler: SamplerSettings;
  /** Most tokens of the answer. */
  readonly maxTokens: number;
  /** What the request itself asked for, to be kept free in the context. */
  readonly askedTokens: number | undefined;
  readonly stopIds: ReadonlySet<number>;
  readonly stopStrings: readonly string[];
  readonly isStream: boolean;
  readonly includeUsage: boolean;
}
export interface ChatSettings extends GenerationSettings {
  readonly messages: readonly ChatMessage[];
}
export interface CompletionSettings extends GenerationSettings {
  readonly prompt: string;
  readonly echo: boolean;
}

const EXTRA = ['top_k', 'repetition_penalty', 'ignore_eos'] as const;
const COMMON = [
  'model',
  'stream',
  'stream_options',
  'n',
  'temperature',
  'top_p',
  'top_k',
  'max_tokens',
  'stop',
  'seed',
  'repetition_penalty',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'ignore_eos',
  'extra_body',
] as const;
const CHAT_FIELDS = new Set<string>([...COMMON, 'messages', 'tools', 'tool_choice', 'response_format']);
const COMPLETION_FIELDS = new Set<string>([...COMMON, 'prompt', 'echo']);

const MOST_TOP_LOGPROBS = 20;
const MOST_STOPS = 16;

/** @throws AppError `request-unsupported`, `parameter-out-of-range`, `message-empty`, `model-unknown`. */
export function readChatRequest(request: unknown, context: RequestContext): ChatSettings {
  if (!isFields(request)) throw unsupported('request', request);
  refuseUnknown(request, CHAT_FIELDS);
  if (!context.isChat) throw unsupported('messages', 'this model continues text and has no chat template');
  if (isGiven(request.tools) && !(Array.isArray(request.tools) && request.tools.length === 0))
    throw unsupported('tools');
  if (isGiven(request.tool_choice) && request.tool_choice !== 'none') throw unsupported('tool_choice');
  const format = request.response_format;
  if (isGiven(format) && !(isFields(format) && format.type === 'text' && Object.keys(format).length === 1))
    throw unsupported('response_format', isFields(format) ? format.type : format);
  return { ...readCommon(request, context), messages: readMessages(request.messages) };
}

/** @throws AppError like `readChatRequest`. */
export function readCompletionRequest(request: unknown, context: RequestContext): CompletionSettings {
  if (!isFields(request)) throw unsupported('request', request);
  refuseUnknown(request, COMPLETION_FIELDS);
  const { prompt } = request;
  if (typeof prompt !== 'string') throw unsupported('prompt', prompt);
  if (prompt === '') throw new AppError('message-empty', { field: 'prompt' });
  return { ...readCommon(request, context), prompt, echo: readBoolean(request, 'echo') ?? false };
}

function readCommon(request: Fields, context: RequestContext): GenerationSettings {
  if (isGiven(request.model) && request.model !== context.modelId)
    throw new AppError('model-unknown', { modelId: String(request.model), loaded: context.modelId });
  if (isGiven(request.n) && request.n !== 1) throw unsupported('n', request.n);
  const fields = withExtraBody(request);
  const isStream = readBoolean(fields, 'stream') ?? false;
  const ignoreEos = readBoolean(fields, 'ignore_eos') ?? false;
  const asked = readNumber(fields, 'max_tokens', { min: 1, max: context.contextLength - 1, isInteger: true });
  return {
    sampler: readSampler(fields, context),
    maxTokens: asked ?? context.defaults.maxTokens,
    askedTokens: asked,
    stopIds: ignoreEos ? new Set() : context.stopIds,
    stopStrings: ignoreEos ? [] : [...context.stopStrings, ...readStops(fields.stop)],
    isStream,
    includeUsage: readIncludeUsage(fields.stream_options, isStream),
  };
}

/** Own fields of `extra_body` raised to the top level; the same field in both places is refused. */
function withExtraBody(request: Fields): Fields {
  const extra = request.extra_body;
  if (!isGiven(extra)) return request;
  if (!isFields(extra)) throw unsupported('extra_body', extra);
  const merged: Record<string, unknown> = { ...request };
  for (const [field, value] of Object.entries(extra)) {
    if (!isGiven(value)) continue;
    if (field === 'enable_latency_breakdown' && value === false) continue;
    if (!EXTRA.some((name) => name === field) || isGiven(request[field]))
      throw unsupported(`extra_body.${field}`);
    merged[field] = value;
  }
  return merged;
}

function readSampler(fields: Fields, context: RequestContext): SamplerSettings {
  const { defaults } = context;
  const wantsLogprobs = readBoolean(fields, 'logprobs') ?? false;
  const top = readNumber(fields, 'top_logprobs', { min: 0, max: MOST_TOP_LOGPROBS, isInteger: true });
  if (top !== undefined && !wantsLogprobs) throw unsupported('top_logprobs', 'needs logprobs: true');
  const penalty = { min: -2, max: 2 };
  return {
    order: defaults.samplerOrder,
    temperature: readNumber(fields, 'temperature', { min: 0, max: 2 }) ?? defaults.temperature,
    topK: readNumber(fields, 'top_k', { min: 0, max: context.vocab, isInteger: true }) ?? defaults.topK,
    topP: readNumber(fields, 'top_p', { min: 0, max: 1, isAboveMin: true }) ?? defaults.topP,
    repetitionPenalty:
      readNumber(fields, 'repetition_penalty', { min: 0, max: 10, isAboveMin: true }) ??
      defaults.repetitionPenalty,
    presencePenalty: readNumber(fields, 'presence_penalty', penalty) ?? defaults.presencePenalty,
    frequencyPenalty: readNumber(fields, 'frequency_penalty', penalty) ?? defaults.frequencyPenalty,
    logitBias: readLogitBias(fields.logit_bias, context.vocab),
    // Rows without a token are the runner's business.
    banned: [],
    seed: readSeed(fields),
    topLogprobs: wantsLogprobs ? (top ?? 0) : undefined,
  };
}

/** A given seed folded to 32 bits, or a fresh one; `usage.extra.seed` tells which, so that a draw can be repeated. */
function readSeed(fields: Fields): number {
  const limit = Number.MAX_SAFE_INTEGER;
  const seed = readNumber(fields, 'seed', { min: -limit, max: limit, isInteger: true });
  if (seed === undefined) return crypto.getRandomValues(new Uint32Array(1))[0]!;
  return ((seed % 2 ** 32) ^ Math.floor(seed / 2 ** 32)) >>> 0;
}

function readLogitBias(value: unknown, vocab: number): ReadonlyMap<number, number> {
  const bias = new Map<number, number>();
  if (!isGiven(value)) return bias;
  if (!isFields(value)) throw unsupported('logit_bias', value);
  for (const key of Object.keys(value)) {
    const id = /^\d+$/.test(key) ? Number(key) : Number.NaN;
    if (!(id < vocab))
      throw new AppError('parameter-out-of-range', {
        field: 'logit_bias',
        value: key,
        min: 0,
        max: vocab - 1,
      });
    const amount = readNumber(value, key, { min: -100, max: 100 });
    if (amount !== undefined) bias.set(id, amount);
  }
  return bias;
}

function readStops(value: unknown): readonly string[] {
  if (!isGiven(value)) return [];
  const stops: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (stops.length > MOST_STOPS)
    throw new AppError('parameter-out-of-range', {
      field: 'stop',
      value: stops.length,
      min: 0,
      max: MOST_STOPS,
    });
  return stops.map((stop) => {
    if (typeof stop !== 'string' || stop === '') throw unsupported('stop', stop);
    return stop;
  });
}

function readIncludeUsage(value: unknown, isStream: boolean): boolean {
  if (!isGiven(value)) return false;
  if (!isStream || !isFields(value))
    throw unsupported('stream_options', isStream ? value : 'needs stream: true');
  refuseUnknown(value, new Set(['include_usage']), 'stream_options.');
  return readBoolean(value, 'include_usage') ?? false;
}
