/**
 * Shape of a LLaMA-like decoder as read from `config.json` or `mlc-chat-config.json`. Everything the
 * engine needs to know about a model is here; no code asks for a model by name.
 */
export const QUANTIZATIONS = ['q4f16_1', 'q4f32_1', 'q0f16', 'q0f32'] as const;
export type Quantization = (typeof QUANTIZATIONS)[number];

export interface Architecture {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Width of the feed-forward layer. */
  readonly intermediate: number;
  /** Rows of embedding and head, padding rows included. */
  readonly vocab: number;
  readonly normEps: number;
  readonly ropeTheta: number;
  /** Linear position interpolation: angles use position / ropeFactor; 1 without scaling. */
  readonly ropeFactor: number;
  readonly tiedEmbedding: boolean;
  /** Most positions the model was trained for, scaling included. */
  readonly contextLength: number;
  readonly quantization: Quantization;
}
