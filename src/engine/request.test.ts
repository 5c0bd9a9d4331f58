import { describe, expect, test } from 'vitest';
import { AppError } from '../core/errors';
import { PLAIN_DEFAULTS } from '../models/generation-defaults';
import { type RequestContext, readChatRequest, readCompletionRequest } from './request';

const CONTEXT: RequestContext = {
  modelId: 'm',
  isChat: true,
  defaults: { ...PLAIN_DEFAULTS, temperature: 0.7, topK: 30, topP: 0.9, maxTokens: 77, presencePenalty: 0.1 },
  stopIds: new Set([9]),
  stopStrings: ['###'],
  vocab: 100,
  contextLength: 64,
};
const messages = [{ role: 'user', content: 'hi' }];
const read = (fields: object) => readChatRequest({ messages, ...fields }, CONTEXT);
const refusal = (work: () => unknown): { code: string; details: Record<string, unknown> } => {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, details: { ...error.details } };
    throw error;
  }
  return { code: 'none', details: {} };
};

describe('settings', () => {
  test('the model decides what the request leaves open', () => {
    const { sampler, maxTokens, askedTokens, stopStrings, stopIds } = read({
      temperature: null,
      seed: undefined,
    });
    expect(sampler).toMatchObject({ temperature: 0.7, topK: 30, topP: 0.9, presencePenalty: 0.1 });
    expect({ maxTokens, askedTokens, stopStrings, stopIds }).toEqual({
      maxTokens: 77,
      askedTokens: undefined,
      stopStrings: ['###'],
      stopIds: new Set([9]),
    });
  });

  test('every supported field is understood', () => {
    const settings = read({
      model: 'm',
      n: 1,
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
      top_p: 1,
      top_k: 0,
      max_tokens: 63,
      stop: ['a', 'b'],
      seed: -1,
      repetition_penalty: 1.2,
      presence_penalty: -2,
      frequency_penalty: 2,
      logit_bias: { '5': -100, '99': 3 },
      logprobs: true,
      top_logprobs: 20,
      ignore_eos: false,
      tools: [],
      tool_choice: 'none',
      response_format: { type: 'text' },
    });
    expect(settings).toMatchObject({
      isStream: true,
      includeUsage: true,
      maxTokens: 63,
      stopStrings: ['###', 'a', 'b'],
    });
    expect(settings.sampler).toMatchObject({
      temperature: 0,
      topK: 0,
      repetitionPenalty: 1.2,
      presencePenalty: -2,
      frequencyPenalty: 2,
      topLogprobs: 20,
    });
    expect([...settings.sampler.logitBias]).toEqual([
      [5, -100],
      [99, 3],
    ]);
  });

  test('equal seeds are equal, other seeds are not, and none is chosen afresh', () => {
    const seed = (value?: number) => read({ seed: value }).sampler.seed;
    expect(seed(42)).toBe(42);
    expect(seed(-1)).not.toBe(seed(1));
    expect(seed(2 ** 40)).not.toBe(seed(2 ** 41));
    expect(seed()).not.toBe(seed());
  });

  test("fields OpenAI's client puts into extra_body", () => {
    const { sampler, stopIds, stopStrings } = read({ extra_body: { top_k: 5, ignore_eos: true } });
    expect(sampler.topK).toBe(5);
    expect([stopIds.size, stopStrings.length]).toEqual([0, 0]);
    expect(refusal(() => read({ top_k: 5, extra_body: { top_k: 6 } })).code).toBe('request-unsupported');
    expect(read({ extra_body: { enable_latency_breakdown: false, resumable: null } })).toBeTruthy();
  });
});

describe('refusals', () => {
  test.each([
    ['temperature', 2.1],
    ['temperature', -0.1],
    ['temperature', Number.NaN],
    ['temperature', '1'],
    ['top_p', 0],
    ['top_p', 1.01],
    ['top_k', -1],
    ['top_k', 1.5],
    ['top_k', 101],
    ['max_tokens', 0],
    ['max_tokens', 64],
    ['seed', 0.5],
    ['repetition_penalty', 0],
    ['presence_penalty', 3],
    ['frequency_penalty', -3],
  ])('%s %s is out of range', (field, value) => {
    const { code, details } = refusal(() => read({ [field]: value }));
    expect([code, details.field]).toEqual(['parameter-out-of-range', field]);
    expect(details).toHaveProperty('min');
    expect(details).toHaveProperty('max');
  });

  test.each([
    ['n', 2],
    ['tools', [{}]],
    ['tool_choice', 'auto'],
    ['response_format', { type: 'json_object' }],
    ['stream_options', { include_usage: true }],
    ['top_logprobs', 3],
    ['ignore_eos', 'yes'],
    ['stop', ['']],
    ['stop', [7]],
    ['user', 'me'],
    ['min_p', 0.1],
    ['messages', 'hi'],
  ])('%s %o is not supported', (field, value) => {
    expect(refusal(() => read({ [field]: value }))).toMatchObject({
      code: 'request-unsupported',
      details: { field },
    });
  });

  test.each([
    [{ extra_body: { enable_thinking: true } }, 'extra_body.enable_thinking'],
    [{ extra_body: { resumable: { enabled: true } } }, 'extra_body.resumable'],
    [{ stream: true, stream_options: { other: 1 } }, 'stream_options.other'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: 'x', name: 'Ann' }] }, 'messages[0].name'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: '' } }] }] },
      'messages[0].content',
    ],
    [{ messages: [...messages, { role: 'assistant', content: 'x' }] }, 'messages[1].role'],
    [{ messages: [...messages, ...messages] }, 'messages[1].role'],
    [{ messages: [...messages, { role: 'system', content: 'x' }, ...messages] }, 'messages[1].role'],
  ])('%j names the field', (fields, field) => {
    expect(refusal(() => read(fields))).toMatchObject({ code: 'request-unsupported', details: { field } });
  });

  test('empty messages, wrong model, bias outside the vocabulary', () => {
    expect(refusal(() => read({ messages: [] })).code).toBe('message-empty');
    expect(refusal(() => read({ messages: [{ role: 'user', content: ' \n' }] })).code).toBe('message-empty');
    expect(refusal(() => read({ model: 'other' })).code).toBe('model-unknown');
    expect(refusal(() => read({ logit_bias: { '100': 1 } })).code).toBe('parameter-out-of-range');
    expect(refusal(() => read({ logit_bias: { x: 1 } })).code).toBe('parameter-out-of-range');
    expect(refusal(() => read({ logit_bias: { '1': 101 } })).code).toBe('parameter-out-of-range');
    expect(refusal(() => readChatRequest({ messages }, { ...CONTEXT, isChat: false })).code).toBe(
      'request-unsupported',
    );
  });

  test('completions take a prompt and no messages', () => {
    const complete = (fields: object) => readCompletionRequest(fields, CONTEXT);
    expect(complete({ prompt: 'x', echo: true })).toMatchObject({ prompt: 'x', echo: true });
    expect(refusal(() => complete({ prompt: '' })).code).toBe('message-empty');
    for (const field of ['messages', 'suffix', 'best_of', 'user'])
      expect(refusal(() => complete({ prompt: 'x', [field]: [1] })).details.field).toBe(field);
  });

  test('text parts are joined', () => {
    const content = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ];
    expect(read({ messages: [{ role: 'user', content }] }).messages).toEqual([
      { role: 'user', content: 'ab' },
    ]);
  });
});
