import { AppError } from '../core/errors';
import type { CheckpointSource } from '../formats/checkpoint-types';
import { describeTensor, sameShape } from '../formats/shape';
import { halfToFloat, toHalves } from './half-tables';

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
    if (isWhole(name)) {
      tensors.set(name, { dtype, shape });
      continue;
    }
    const under = base.tensors.get(name);
    if (under === undefined || !sameShape(under.shape, shape)) {
      throw new AppError('delta-mismatch', {
        tensor: name,
        expected: describeTensor(shape, dtype),
        actual: under ? describeTensor(under.shape, under.dtype) : 'no such tensor in the base model',
      });
    }
    tensors.set(name, { dtype: 'F16', shape });
  }
  for (const [name, { dtype, shape }] of base.tensors) {
    if (tensors.has(name) || isWhole(name)) continue;
    throw new AppError('delta-mismatch', {
      tensor: name,
      expected: 'no such tensor in the delta',
      actual: describeTensor(shape, dtype),
    });
  }
  return {
    tensors,
    async readRows(name, rowStart, rowEnd) {
      const change = await delta.readRows(name, rowStart, rowEnd);
      if (isWhole(name)) return change;
      const under = await base.readRows(name, rowStart, rowEnd);
      const sum = addHalves(
        toHalves(change, delta.tensors.get(name)!.dtype),
        toHalves(under, base.tensors.get(name)!.dtype),
      );
      return new Uint8Array(sum.buffer);
    },
  };
}

function isWhole(name: string): boolean {
  return WHOLE.some((part) => name.includes(part));
}

/**
 * f16(a + b), all [n] f16. Rounding the sum to f32 on the way changes nothing: 24 bits are twice 11 plus 2
 * (Figueroa, When is double rounding innocuous?, 1995).
 */
function addHalves(a: Uint16Array, b: Uint16Array): Uint16Array<ArrayBuffer> {
  const values = halfToFloat();
  const sum = new Float32Array(a.length); // [n] f32
  for (let i = 0; i < sum.length; i++) sum[i] = values[a[i]!]! + values[b[i]!]!;
  return toHalves(new Uint8Array(sum.buffer), 'F32');
}
