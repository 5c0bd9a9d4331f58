import type { Correction } from './types';

/** [CLS] and </s> of Aquila's first tokenizer (FlagAI's special_tokens_map.json; the configs of Aquila2). */
const BEGIN = 100_006;
const END = 100_007;

/**
 * The configs of the first Aquila models name the ids of LLaMA, which are two ordinary bytes here. Aquila-33B
 * contradicts itself: its generation_config.json has the right ones. Their `pad_token_id` 0 is right.
 */
export const AQUILA_TOKEN_IDS: readonly Correction[] = [
  { field: 'bos_token_id', published: 1, corrected: BEGIN, reason: 'token-ids' },
  { field: 'eos_token_id', published: 2, corrected: END, reason: 'token-ids' },
];
