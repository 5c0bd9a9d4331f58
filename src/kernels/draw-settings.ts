import { AppError } from '../core/errors';

/** Order in which the distribution is cut, by model family. */
export type SamplerOrder = 'temperature-topk-topp' | 'topp-topk-temperature';

/** What decides a draw; everything but the logits and the tokens so far. */
export interface DrawSettings {
  readonly order: SamplerOrder;
  /** 0 is greedy. */
  readonly temperature: number;
  /** 0 keeps all. */
  readonly topK: number;
  /** 1 keeps all. */
  readonly topP: number;
  /** 1 is off; applied first, as in Hugging Face: positive logits divided, negative multiplied. */
  readonly repetitionPenalty: number;
  /** OpenAI's: subtracted once / per occurrence, over generated tokens only. */
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  readonly logitBias: ReadonlyMap<number, number>;
  /** Ids never drawn whatever the logits say (ignore_eos, minimum length). */
  readonly banned: readonly number[];
  readonly seed: number;
}

/** What the penalties look at. */
export interface DrawContext {
  /** Everything in the context, prompt and earlier answers: the repetition penalty sees these. */
  readonly tokens: readonly number[];
  /** What this answer has produced so far (usually nothing yet): presence and frequency count these. */
  readonly generated: readonly number[];
}

/** Below this a temperature draws the best token anyway, and 1 / temperature would leave f32's range. */
const LEAST_TEMPERATURE = 1e-5;

export const isGreedy = (settings: DrawSettings): boolean => settings.temperature < LEAST_TEMPERATURE;

/**
 * @throws AppError `parameter-out-of-range` when a number is not finite or outside what has a meaning; the
 * narrower limits of a request are the engine's business.
 */
export function checkDrawSettings(settings: DrawSettings): void {
  const limits = {
    temperature: [0, 1e4],
    topK: [0, 2 ** 31],
    topP: [0, 1],
    repetitionPenalty: [1e-3, 1e3],
    presencePenalty: [-1e4, 1e4],
    frequencyPenalty: [-1e4, 1e4],
    seed: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  } as const;
  for (const [parameter, [least, most]] of Object.entries(limits)) {
    const value = settings[parameter as keyof typeof limits];
    if (!(value >= least && value <= most))
      throw new AppError('parameter-out-of-range', { parameter, value: String(value), least, most });
  }
  for (const [id, bias] of settings.logitBias)
    if (Number.isNaN(bias)) throw new AppError('parameter-out-of-range', { parameter: 'logitBias', id });
}
