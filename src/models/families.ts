/**
 * Which prompt, sampler order and settings a published model wants. Together with choose-family.ts the one
 * place that knows models; everything else reads a package's own files, into which the converter writes what
 * stands here. Sources: FlagAI flagai/model/predictor/aquila.py (v1), Aquila2 modeling_aquila.py `predict`,
 * the cards of Ziya-LLaMA-13B-v1 and -Pretrain-v1, FlagAI examples/Aquila (code, SQL).
 */
import type { ChatTemplate } from './chat-template';
import { type GenerationDefaults, PLAIN_DEFAULTS } from './generation-defaults';
import { TEMPLATES } from './templates';

export interface Family {
  readonly template: ChatTemplate;
  readonly defaults: GenerationDefaults;
}

/** v1 scales by temperature first, then cuts: top-k, top-p. The published 200 new tokens cut answers short. */
const AQUILA: GenerationDefaults = {
  ...PLAIN_DEFAULTS,
  temperature: 0.8,
  topK: 30,
  topP: 0.95,
  maxTokens: 512,
};

/** Aquila2 cuts the distribution as it is, top-p before top-k, and scales what is left. */
const AQUILA2: GenerationDefaults = {
  ...PLAIN_DEFAULTS,
  temperature: 1,
  topK: 15,
  topP: 0.9,
  samplerOrder: 'topp-topk-temperature',
};

/** Transformers' order; top_k 50 is what transformers used where the card names none. */
const ZIYA: GenerationDefaults = { ...PLAIN_DEFAULTS, temperature: 1, topK: 50, topP: 0.85 };

export const FAMILIES = {
  aquilachat: { template: TEMPLATES['aquila-chat'], defaults: AQUILA },
  aquilasql: { template: TEMPLATES['aquila-chat'], defaults: { ...AQUILA, temperature: 0 } },
  aquilacode: { template: TEMPLATES.completion, defaults: { ...AQUILA, temperature: 0.1, maxTokens: 256 } },
  aquila: { template: TEMPLATES.completion, defaults: AQUILA },
  'aquilachat2-7b': { template: TEMPLATES['aquila-v1'], defaults: AQUILA2 },
  'aquilachat2-34b': { template: TEMPLATES['aquila-legacy'], defaults: AQUILA2 },
  'aquilachat2-16k': { template: TEMPLATES.aquila, defaults: AQUILA2 },
  'aquilachat2-70b': { template: TEMPLATES['aquila-v2'], defaults: AQUILA2 },
  aquila2: { template: TEMPLATES.completion, defaults: AQUILA2 },
  /** The built-in model speaks aquila-v1 and is too small to gain from chance. */
  'aerie-mini': {
    template: TEMPLATES['aquila-v1'],
    defaults: { ...PLAIN_DEFAULTS, temperature: 0, maxTokens: 256 },
  },
  ziya: { template: TEMPLATES.ziya, defaults: ZIYA },
  'ziya-pretrain': { template: TEMPLATES['completion-bos'], defaults: ZIYA },
  llama: {
    template: TEMPLATES['completion-bos'],
    defaults: { ...PLAIN_DEFAULTS, temperature: 0.8, topP: 0.95 },
  },
} as const satisfies Record<string, Family>;

export type FamilyId = keyof typeof FAMILIES;
