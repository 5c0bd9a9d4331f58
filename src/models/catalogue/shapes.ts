/**
 * Shapes of the published models (their config.json files, as noted beside each). All have heads of 128, no
 * biases, and an embedding apart from the head.
 */
import { logicalTensors } from '../tensor-plan';
import type { CatalogueModel } from './types';

export type Shape = NonNullable<CatalogueModel['architecture']>;

const COMMON = { headDim: 128, ropeTheta: 10_000, ropeFactor: 1, tiedEmbedding: false } as const;

/** BAAI/AquilaChat-7B; Aquila-7B says 1e-06 for eps. */
export const AQUILA_7B: Shape = {
  ...COMMON,
  layers: 32,
  hidden: 4096,
  heads: 32,
  kvHeads: 32,
  intermediate: 11_008,
  vocab: 100_008,
  normEps: 1e-5,
  contextLength: 2048,
};

/** BAAI/Aquila-33B at 13a2947. */
export const AQUILA_33B: Shape = {
  ...AQUILA_7B,
  layers: 60,
  hidden: 6656,
  heads: 52,
  kvHeads: 52,
  intermediate: 17_920,
  normEps: 1e-6,
};

/** BAAI/AquilaChat2-34B, and BAAI/Aquila2-34B at 356733c. */
export const AQUILA2_34B: Shape = {
  ...AQUILA_7B,
  layers: 60,
  hidden: 6144,
  heads: 48,
  kvHeads: 8,
  intermediate: 24_576,
  contextLength: 4096,
};

/** BAAI/Aquila2-70B-Expr at 4233a20. */
export const AQUILA2_70B: Shape = {
  ...AQUILA2_34B,
  layers: 80,
  hidden: 8192,
  heads: 64,
  intermediate: 28_672,
};

/** What the Aquila2 base models of June 2024 have in common: another tokenizer and a wider rope. */
export const AQUILA2_OF_2024 = { vocab: 143_973, ropeTheta: 1_000_000, contextLength: 8192 } as const;

/** IDEA-CCNL/Ziya-LLaMA-13B-v1 at 4a3eac9, merged; rows past 39410 are padding. */
export const ZIYA_13B: Shape = {
  ...COMMON,
  layers: 40,
  hidden: 5120,
  heads: 40,
  kvHeads: 40,
  intermediate: 13_824,
  vocab: 39_424,
  normEps: 1e-6,
  contextLength: 2048,
};

/** LLaMA-13B, the base of Ziya's deltas: the same but for its vocabulary. */
const LLAMA_13B: Shape = { ...ZIYA_13B, vocab: 32_000 };

/** Tools pad the vocabulary to a multiple of this, or do not. */
const VOCAB_PADDING = 128;

/** Whether a vocabulary of as many rows is this model's, give or take the padding. */
export function isVocabOf(shape: Shape, rows: number): boolean {
  return Math.abs(rows - shape.vocab) < VOCAB_PADDING;
}

/** Weights of a model of this shape. */
export function parameterCount(shape: Shape): number {
  const tensors = logicalTensors({ ...shape, quantization: 'q0f16' });
  return tensors.reduce((sum, tensor) => sum + tensor.shape.reduce((a, b) => a * b, 1), 0);
}

/** LLaMA-13B as f16. */
export const LLAMA_13B_BYTES = 2 * parameterCount(LLAMA_13B);
