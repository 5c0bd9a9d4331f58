/**
 * Which tensors a package of a given architecture consists of, under MLC's names: q, k and v are one
 * matrix (rows q;k;v), gate and up are one (rows gate;up). A linear layer `X` of [out, in] weights is
 * `X.weight` [out, in] in the q0 forms, and `X.q_weight` [out, in/8] uint32 (eight 4-bit codes a word, lowest
 * nibble first) with `X.q_scale` [out, in/32] in the q4 forms. The converter writes and the package reader
 * checks by this list; its order is the order of the tensors in the shards.
 * Source of names and shapes: mlc-llm `llama_model.py`, `group_quantization.py`.
 */
import type { Architecture, Quantization } from './architecture';

export type TensorDtype = 'uint32' | 'float16' | 'float32';

export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: TensorDtype;
}

/** A matrix or a norm of the model before it is laid out in a quantisation. */
export interface LogicalTensor {
  /** Without the suffix, e.g. `model.layers.0.self_attn.qkv_proj`. */
  readonly name: string;
  /** [out, in] for a matrix, [hidden] for a norm. */
  readonly shape: readonly [number, number] | readonly [number];
}

/** Inputs that share one scale. */
export const GROUP_SIZE = 32;
/** Codes in one u32 word. */
export const CODES_PER_WORD = 8;

/** Float type of scales, norms and unquantised weights. */
export function floatDtype(quantization: Quantization): 'float16' | 'float32' {
  return quantization === 'q4f16_1' || quantization === 'q0f16' ? 'float16' : 'float32';
}

export function isQuantized(quantization: Quantization): boolean {
  return quantization === 'q4f16_1' || quantization === 'q4f32_1';
}

/** Everything the forward pass reads, in the order of use. The head is absent when it is the embedding. */
export function logicalTensors(a: Architecture): LogicalTensor[] {
  const list: LogicalTensor[] = [{ name: 'model.embed_tokens', shape: [a.vocab, a.hidden] }];
  for (let layer = 0; layer < a.layers; layer++) {
    const prefix = `model.layers.${layer}`;
    list.push(
      { name: `${prefix}.input_layernorm`, shape: [a.hidden] },
      {
        name: `${prefix}.self_attn.qkv_proj`,
        shape: [(a.heads + 2 * a.kvHeads) * a.headDim, a.hidden],
      },
      { name: `${prefix}.self_attn.o_proj`, shape: [a.hidden, a.heads * a.headDim] },
      { name: `${prefix}.post_attention_layernorm`, shape: [a.hidden] },
      { name: `${prefix}.mlp.gate_up_proj`, shape: [2 * a.intermediate, a.hidden] },
      { name: `${prefix}.mlp.down_proj`, shape: [a.hidden, a.intermediate] },
    );
  }
  list.push({ name: 'model.norm', shape: [a.hidden] });
  if (!a.tiedEmbedding) list.push({ name: 'lm_head', shape: [a.vocab, a.hidden] });
  return list;
}

/** The stored tensors of one logical tensor: weight, or words and scales. */
export function storedSpecs(tensor: LogicalTensor, quantization: Quantization): TensorSpec[] {
  const { name, shape } = tensor;
  const float = floatDtype(quantization);
  if (shape.length === 1 || !isQuantized(quantization)) {
    return [{ name: `${name}.weight`, shape, dtype: float }];
  }
  const [rows, columns] = shape;
  return [
    { name: `${name}.q_weight`, shape: [rows, columns / CODES_PER_WORD], dtype: 'uint32' },
    { name: `${name}.q_scale`, shape: [rows, columns / GROUP_SIZE], dtype: float },
  ];
}

/** Every tensor that a package of this architecture and quantisation must hold. */
export function requiredTensors(architecture: Architecture): TensorSpec[] {
  return logicalTensors(architecture).flatMap((tensor) => storedSpecs(tensor, architecture.quantization));
}
