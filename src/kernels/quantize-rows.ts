import { type Dispatch, type KernelContext, prepare } from './dispatch';
import { GROUP } from './matrix';

/** Invocations of a workgroup, one per group of columns. */
const WORKGROUP = 64;

/** Bytes of one row of `cols` activations as 8-bit integers with their scales. */
export function quantizedRowBytes(cols: number): number {
  return (cols / GROUP) * 48;
}

export interface QuantizeRowsArgs {
  readonly rows: number;
  /** A multiple of 32. */
  readonly cols: number;
  /** f32 [rows, cols] */
  readonly x: GPUBuffer;
  /**
   * u32 [rows, cols / 32, 12], written: 4 words of the even columns (word i: columns 8i, 8i + 2, 8i + 4, 8i + 6), 4 of
   * the odd ones, bits of the f32 scale, of 7 * scale * sum of the integers, and two spare.
   */
  readonly y: GPUBuffer;
}

/** Activations as 8-bit integers, one scale per 32 columns: what the products with math `int8` take for x. */
export function quantizeRows(
  context: Pick<KernelContext, 'gpu' | 'pipelines'>,
  { rows, cols, x, y }: QuantizeRowsArgs,
): Promise<Dispatch> {
  const groups = (rows * cols) / GROUP;
  return prepare(context, {
    spec: { op: 'quantize_rows', constants: { GROUPS: groups } },
    bindings: { 0: x, 1: y },
    x: Math.ceil(groups / WORKGROUP),
  });
}
