import { AppError } from '../core/errors';
import type { CheckpointSource } from '../formats/checkpoint-types';
import { zipRows } from '../formats/row-streams';
import { describeTensor, rowBytesOf, sameShape } from '../formats/shape';
import { addHalves } from './add-halves';
import { changesAnswers, READABLE_DTYPES } from './checkpoint-names';
import { toHalves } from './half-tables';

/** Tensors whose final value the delta carries whole, by a part of their name. */
const WHOLE = ['embed_tokens', 'lm_head.weight', 'self_attn.rotary_emb.inv_freq'];

/**
 * Ziya's published delta laid over the LLaMA model it was taken from: every tensor is base + delta, rounded
 * to f16, except those that the delta carries whole (the grown vocabulary). Nothing is read until rows are
 * asked for. Throws AppError `delta-mismatch` {tensor, expected, actual} where base and delta do not belong
 * together. Source of the rule: Fengshenbang-LM `fengshen/utils/apply_delta.py`.
 */
export function mergeDelta(delta: CheckpointSource, base: CheckpointSource): CheckpointSource {
  const tensors = new Map<string, { dtype: string; shape: readonly number[] }>();
  for (const [name, { dtype, shape }] of delta.tensors) {
    const under = base.tensors.get(name);
    if (isWhole(name) || (under === undefined && !changesAnswers(name))) {
      tensors.set(name, { dtype, shape });
      continue;
    }
    const isReadable = READABLE_DTYPES.includes(dtype) && READABLE_DTYPES.includes(under?.dtype ?? '');
    if (under === undefined || !sameShape(under.shape, shape) || (!isReadable && changesAnswers(name))) {
      throw new AppError('delta-mismatch', {
        tensor: name,
        expected: describeTensor(shape, dtype),
        actual: under ? describeTensor(under.shape, under.dtype) : 'no such tensor in the base model',
      });
    }
    tensors.set(name, { dtype: 'F16', shape });
  }
  for (const [name, { dtype, shape }] of base.tensors) {
    if (tensors.has(name) || isWhole(name) || !changesAnswers(name)) continue;
    throw new AppError('delta-mismatch', {
      tensor: name,
      expected: 'no such tensor in the delta',
      actual: describeTensor(shape, dtype),
    });
  }
  const add = (name: string, change: Uint8Array<ArrayBuffer>, under: Uint8Array<ArrayBuffer>) => {
    const sum = addHalves(
      toHalves(change, delta.tensors.get(name)!.dtype),
      toHalves(under, base.tensors.get(name)!.dtype),
    );
    return new Uint8Array(sum.buffer);
  };
  return {
    tensors,
    streamRows(name, rowStart, rowEnd) {
      const changes = delta.streamRows(name, rowStart, rowEnd);
      if (isWhole(name) || !base.tensors.has(name)) return changes;
      const rowBytes = rowBytesOf(base.tensors.get(name)!);
      const unders = base.streamRows(name, rowStart, rowEnd);
      return zipRows(changes, unders, rowBytes, (change, under) => add(name, change, under));
    },
    async readRows(name, rowStart, rowEnd) {
      if (isWhole(name) || !base.tensors.has(name)) return delta.readRows(name, rowStart, rowEnd);
      const [change, under] = await Promise.all([
        delta.readRows(name, rowStart, rowEnd),
        base.readRows(name, rowStart, rowEnd),
      ]);
      return add(name, change, under);
    },
  };
}

function isWhole(name: string): boolean {
  return WHOLE.some((part) => name.includes(part));
}
