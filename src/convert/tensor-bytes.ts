import { type CheckpointSource, DTYPE_BYTES } from '../formats/checkpoint-types';
import { elementCount } from '../formats/shape';

/** Length of a tensor of a checkpoint in its own dtype. */
export function tensorBytes(source: CheckpointSource, name: string): number {
  const { shape, dtype } = source.tensors.get(name)!;
  return elementCount(shape)! * DTYPE_BYTES[dtype]!;
}
