import type { SamplerSettings } from './types';

/** Always the best token. */
export const GREEDY: SamplerSettings = {
  order: 'temperature-topk-topp',
  temperature: 0,
  topK: 0,
  topP: 1,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: new Map(),
  banned: [],
  seed: 1,
  topLogprobs: undefined,
};
