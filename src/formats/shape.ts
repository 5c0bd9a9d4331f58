/** Arithmetic on tensor shapes that cannot overflow silently. */
import { DTYPE_BYTES } from './checkpoint-types';

/** Product of the dimensions, 1 for a scalar; undefined when a dimension or the product is no safe integer. */
export function elementCount(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Bytes of one row (of one value, for a vector) of a tensor of a known dtype. */
export function rowBytesOf({ shape, dtype }: { shape: readonly number[]; dtype: string }): number {
  return shape.slice(1).reduce((product, size) => product * size, DTYPE_BYTES[dtype]!);
}

/** How a tensor is named in errors and tables, e.g. `[100008, 512] uint32`. */
export function describeTensor(shape: readonly number[], dtype: string): string {
  return `[${shape.join(', ')}] ${dtype}`;
}
