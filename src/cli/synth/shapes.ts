/**
 * Published shapes that random checkpoints can be made in, with the `config.json` their publishers ship:
 * BAAI/Aquila-7B, BAAI/Aquila2-34B (of 2023), BAAI/Aquila2-70B-Expr, IDEA-CCNL/Ziya-LLaMA-13B-v1.
 */
import type { Architecture } from '../../models/architecture';
import { AQUILA_7B, AQUILA2_34B, AQUILA2_70B, ZIYA_13B } from '../../models/catalogue/shapes';

export const SHAPE_NAMES = ['aquila-7b', 'aquila2-34b', 'ziya-13b', 'aquila2-70b'] as const;
export type ShapeName = (typeof SHAPE_NAMES)[number];

export interface Shape {
  readonly architecture: Omit<Architecture, 'quantization'>;
  readonly modelType: 'aquila' | 'llama';
  readonly className: string;
  readonly bos: number;
  readonly eos: number;
}

const AQUILA = { modelType: 'aquila', className: 'AquilaForCausalLM', bos: 100_006, eos: 100_007 } as const;

export const SHAPES: Readonly<Record<ShapeName, Shape>> = {
  // Epsilon and token ids as published, and wrong: see the catalogue's corrections.
  'aquila-7b': { ...AQUILA, architecture: { ...AQUILA_7B, normEps: 1e-6 }, bos: 1, eos: 2 },
  'aquila2-34b': { ...AQUILA, architecture: AQUILA2_34B },
  'aquila2-70b': { ...AQUILA, architecture: AQUILA2_70B },
  'ziya-13b': {
    modelType: 'llama',
    className: 'LlamaForCausalLM',
    architecture: ZIYA_13B,
    bos: 1,
    eos: 2,
  },
};

/** Rows of the vocabulary of the LLaMA model that Ziya's delta was taken from. */
export const LLAMA_VOCAB = 32_000;

/** A published shape with another number of layers; all of them where none is given. */
export function withLayers(shape: Shape, layers: number | undefined): Shape {
  return layers === undefined ? shape : { ...shape, architecture: { ...shape.architecture, layers } };
}

/** JSON value of `config.json`. @param dtype PyTorch's name of the type the weights are in. */
export function publishedConfig({ architecture: a, ...shape }: Shape, dtype: string) {
  return {
    architectures: [shape.className],
    bos_token_id: shape.bos,
    eos_token_id: shape.eos,
    pad_token_id: 0,
    hidden_act: 'silu',
    hidden_size: a.hidden,
    initializer_range: 0.02,
    intermediate_size: a.intermediate,
    max_position_embeddings: a.contextLength,
    model_type: shape.modelType,
    num_attention_heads: a.heads,
    num_hidden_layers: a.layers,
    num_key_value_heads: a.kvHeads,
    rms_norm_eps: a.normEps,
    tie_word_embeddings: a.tiedEmbedding,
    torch_dtype: dtype,
    use_cache: true,
    vocab_size: a.vocab,
  };
}
