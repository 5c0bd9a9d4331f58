/**
 * How a Hugging Face LLaMA checkpoint names the parts of each stored matrix; rows of the parts are stacked in the
 * order given. And which tensors beside them matter: weights that are quietly ignored make a model that
 * quietly answers wrong, so what would change an answer is refused, and the rest is reported by name.
 */
import { AppError } from '../core/errors';
import type { CheckpointSource } from '../formats/checkpoint-types';
import { describeTensor, sameShape } from '../formats/shape';
import type { Architecture } from '../models/architecture';
import { type LogicalTensor, logicalTensors } from '../models/tensor-plan';

export interface SourcePart {
  readonly name: string;
  /** [rows, in] of a matrix, [hidden] of a norm. */
  readonly shape: readonly number[];
}

/** Dtypes of weights that the conversion reads. */
export const READABLE_DTYPES: readonly string[] = ['F16', 'BF16', 'F32'];

/** Buffers that exporters save with the weights: rotary frequencies and tables, attention mask constants. */
const BUFFER =
  /(^|\.)(inv_freq|rotary_emb\.(cos|sin)(_cached)?|(attn|attention)\.(bias|masked_bias)|freqs_cis|rope\.freqs)$/;

/** Inside the decoder, as opposed to a second head beside it. */
const IN_DECODER = /^(model|layers|transformer|tok_embeddings|norm|output|lm_head)\./;
/** Parameters by their last name; the later ones belong to quantised matrices. */
const PARAMETER = /\.(weight|bias|\w*lora_\w+|qweight|qzeros|scales|g_idx|SCB|absmax|quant_\w+|weight_\w+)$/;
/** Parts that change what a layer computes, whatever their values are called. */
const OTHER_DECODER = /(^|\.)(q_norm|k_norm|q_layernorm|k_layernorm|\w*experts?|lora_\w+)(\.|$)/;

/** Checkpoint tensors whose rows make up one stored tensor. */
export function partsOf(tensor: LogicalTensor, a: Architecture): SourcePart[] {
  const { name, shape } = tensor;
  const base = name.slice(0, name.lastIndexOf('.'));
  if (name.endsWith('.qkv_proj')) {
    const part = (key: string, heads: number): SourcePart => ({
      name: `${base}.${key}_proj.weight`,
      shape: [heads * a.headDim, a.hidden],
    });
    return [part('q', a.heads), part('k', a.kvHeads), part('v', a.kvHeads)];
  }
  if (name.endsWith('.gate_up_proj')) {
    return ['gate', 'up'].map((key) => ({
      name: `${base}.${key}_proj.weight`,
      shape: [a.intermediate, a.hidden],
    }));
  }
  return [{ name: `${name}.weight`, shape }];
}

/**
 * Proves that the checkpoint is the model its config describes, and returns the names of the tensors that are no
 * part of it, known buffers aside. Throws AppError `tensor-missing` {tensor}, or `tensor-mismatch` {tensor,
 * expected, actual}: another shape or dtype, or a tensor that the forward pass would have to use.
 */
export function checkCheckpoint(source: CheckpointSource, architecture: Architecture): string[] {
  const unused = new Set(source.tensors.keys());
  for (const logical of logicalTensors(architecture)) {
    for (const part of partsOf(logical, architecture)) {
      const found = source.tensors.get(part.name);
      if (found === undefined) throw new AppError('tensor-missing', { tensor: part.name });
      if (!sameShape(found.shape, part.shape) || !READABLE_DTYPES.includes(found.dtype)) {
        throw new AppError('tensor-mismatch', {
          tensor: part.name,
          expected: describeTensor(part.shape, READABLE_DTYPES.join('|')),
          actual: describeTensor(found.shape, found.dtype),
        });
      }
      unused.delete(part.name);
    }
  }
  // A tied checkpoint may still carry the head, which is then the embedding again.
  if (architecture.tiedEmbedding) unused.delete('lm_head.weight');
  const ignored = [...unused].filter((name) => !BUFFER.test(name)).sort();
  for (const name of ignored) {
    if (!changesAnswers(name)) continue;
    const { shape, dtype } = source.tensors.get(name)!;
    throw new AppError('tensor-mismatch', {
      tensor: name,
      expected: 'no such tensor in this architecture',
      actual: describeTensor(shape, dtype),
    });
  }
  return ignored;
}

/** Whether a tensor that is no part of the model would have to be used by the forward pass. */
export function changesAnswers(name: string): boolean {
  if (BUFFER.test(name)) return false;
  return OTHER_DECODER.test(name) || (IN_DECODER.test(name) && PARAMETER.test(name));
}
