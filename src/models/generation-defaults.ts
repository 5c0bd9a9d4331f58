/** Sampling settings that a model brings along: read from mlc-chat-config.json, written there by the converter. */
import * as v from 'valibot';
import { AppError } from '../core/errors';

/** In which order the distribution is cut; the families differ (see families.ts). */
export const SAMPLER_ORDERS = ['temperature-topk-topp', 'topp-topk-temperature'] as const;
export type SamplerOrder = (typeof SAMPLER_ORDERS)[number];

export interface GenerationDefaults {
  /** 0 is greedy. */
  readonly temperature: number;
  /** 0 keeps all. */
  readonly topK: number;
  /** 1 keeps all. */
  readonly topP: number;
  /** 1 is off. */
  readonly repetitionPenalty: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  /** Length of an answer where a request names none. */
  readonly maxTokens: number;
  readonly samplerOrder: SamplerOrder;
}

/** For packages that say nothing: nothing cut, and OpenAI's temperature. */
export const PLAIN_DEFAULTS: GenerationDefaults = {
  temperature: 1,
  topK: 0,
  topP: 1,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  maxTokens: 1024,
  samplerOrder: 'temperature-topk-topp',
};

const range = (least: number, most: number) =>
  v.nullish(v.pipe(v.number(), v.minValue(least), v.maxValue(most)));
const size = (least: number) =>
  v.nullish(v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(1 << 24)));

const Fields = v.object({
  temperature: range(0, 2),
  top_p: v.nullish(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))),
  top_k: size(0),
  repetition_penalty: v.nullish(v.pipe(v.number(), v.gtValue(0), v.maxValue(10))),
  presence_penalty: range(-2, 2),
  frequency_penalty: range(-2, 2),
  aerie: v.nullish(v.object({ sampler_order: v.nullish(v.picklist(SAMPLER_ORDERS)), max_tokens: size(1) })),
});

/** Throws AppError `config-invalid` {field, value}. */
export function readGenerationDefaults(chatConfig: unknown): GenerationDefaults {
  const parsed = v.safeParse(Fields, chatConfig);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new AppError('config-invalid', { field: v.getDotPath(issue) ?? 'config', value: issue.received });
  }
  const fields = parsed.output;
  return {
    temperature: fields.temperature ?? PLAIN_DEFAULTS.temperature,
    topK: fields.top_k ?? PLAIN_DEFAULTS.topK,
    topP: fields.top_p ?? PLAIN_DEFAULTS.topP,
    repetitionPenalty: fields.repetition_penalty ?? PLAIN_DEFAULTS.repetitionPenalty,
    presencePenalty: fields.presence_penalty ?? PLAIN_DEFAULTS.presencePenalty,
    frequencyPenalty: fields.frequency_penalty ?? PLAIN_DEFAULTS.frequencyPenalty,
    maxTokens: fields.aerie?.max_tokens ?? PLAIN_DEFAULTS.maxTokens,
    samplerOrder: fields.aerie?.sampler_order ?? PLAIN_DEFAULTS.samplerOrder,
  };
}

/**
 * The fields of mlc-chat-config.json that hold these settings. web-llm needs `temperature`,
 * `repetition_penalty` and both other penalties; what it does not know stands under `aerie`.
 */
export function generationFields(defaults: GenerationDefaults) {
  return {
    temperature: defaults.temperature,
    top_p: defaults.topP,
    top_k: defaults.topK,
    repetition_penalty: defaults.repetitionPenalty,
    presence_penalty: defaults.presencePenalty,
    frequency_penalty: defaults.frequencyPenalty,
    aerie: { sampler_order: defaults.samplerOrder, max_tokens: defaults.maxTokens },
  };
}
