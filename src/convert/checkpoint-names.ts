/**
 * How a Hugging Face LLaMA checkpoint names the parts of each stored matrix. Rows of the parts are stacked in
 * the order given. What is neither a part nor a known leftover is refused, because weights that are quietly
 * ignored make a model that quietly answers wrong.
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

const READABLE_DTYPES = ['F16', 'BF16', 'F32'];

/** Buffers that old exporters saved with the weights: rotary frequencies and attention mask constants. */
const LEFTOVER = /\.(rotary_emb\.inv_freq|rotary_emb\.(cos|sin)_cached|attn\.(bias|masked_bias))$/;

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
 * Proves that the checkpoint is the model its config describes. Throws AppError `tensor-missing` {tensor} or
 * `tensor-mismatch` {tensor, expected, actual}.
 */
export function checkCheckpoint(source: CheckpointSource, architecture: Architecture): void {
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
  for (const name of unused) {
    if (LEFTOVER.test(name)) continue;
    const { shape, dtype } = source.tensors.get(name)!;
    throw new AppError('tensor-mismatch', {
      tensor: name,
      expected: 'no such tensor in this architecture',
      actual: describeTensor(shape, dtype),
    });
  }
}
