import { AppError } from '../core/errors';
import { toHalf } from '../core/half';
import type { Architecture } from '../models/architecture';
import type { ModelPackage } from '../models/package';
import { requiredTensors } from '../models/tensor-plan';

/** A model with random weights of sensible size, held in memory; nothing is read from anywhere. */
export function randomPackage(architecture: Architecture): ModelPackage {
  let state = 12345;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  const stored = new Map<
    string,
    { dtype: string; shape: readonly number[]; bytes: Uint8Array<ArrayBuffer> }
  >();
  for (const { name, shape, dtype } of requiredTensors(architecture)) {
    const count = shape.reduce((product, size) => product * size, 1);
    const isNorm = shape.length === 1;
    // Scales of 4-bit weights are positive; all the rest is centred.
    const value = () => (isNorm ? 0.5 + next() : name.endsWith('q_scale') ? 0.05 * next() : next() - 0.5);
    const data =
      dtype === 'uint32'
        ? Uint32Array.from({ length: count }, () => next() * 4294967296)
        : dtype === 'float16'
          ? Uint16Array.from({ length: count }, () => toHalf(value()))
          : Float32Array.from({ length: count }, value);
    stored.set(name, { dtype, shape, bytes: new Uint8Array(data.buffer) });
  }
  const unused = () => {
    throw new AppError('internal', { message: 'a random model has no files' });
  };
  return {
    architecture,
    chatConfig: {},
    manifest: { shards: [], tensors: new Map() },
    manifestName: 'tensor-cache.json',
    unknownTensors: [],
    files: { list: async () => [], read: unused, readRange: unused },
    tensors: new Map(
      [...stored].map(([name, { dtype, shape, bytes }]) => [
        name,
        { dtype, shape, shard: '', byteOffset: 0, sizeBytes: bytes.byteLength, format: 'raw' },
      ]),
    ),
    async readTensor(name, rowStart = 0, rowEnd = undefined) {
      const tensor = stored.get(name);
      if (!tensor) throw new AppError('tensor-missing', { tensor: name });
      const rows = tensor.shape[0]!;
      const each = tensor.bytes.byteLength / rows;
      return tensor.bytes.slice(rowStart * each, (rowEnd ?? rows) * each);
    },
  };
}
