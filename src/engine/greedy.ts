import type { SamplerSettings } from './types';

/** Sampler settings that always draw the best token: for the warm-up, and for whatever is compared token by token. */
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
  seed: 0,
  topLogprobs: undefined,
};
