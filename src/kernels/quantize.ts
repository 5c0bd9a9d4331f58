/**
 * Quantises groups of 32 weights on the GPU to the very bytes of src/convert/quantize-block.ts. Integer
 * arithmetic alone; see shaders/ops/quantize_plain.wgsl and quantize_search.wgsl.
 */
import { type Dispatch, type KernelContext, prepare } from './dispatch';

const WORKGROUP = 64;
/** CANDIDATES of src/convert/quantize-search.ts; a uniform, so that drivers leave the loop rolled. */
const CANDIDATES = 16;
const DTYPES: Readonly<Record<string, number>> = { F16: 0, BF16: 1, F32: 2 };

/** What lies in the scale of a group that holds an infinity or NaN. */
export const BAD_SCALE = 0xffffffff;
export const QUANTIZE_PARAMS_BYTES = 32;

export interface QuantizeShape {
  readonly groups: number;
  /** Column of the first group, counted in groups, and groups in a row: where it begins in `importance`. */
  readonly firstColumn: number;
  readonly rowGroups: number;
  /** F16, BF16 or F32. */
  readonly dtype: string;
  readonly scales: 'float16' | 'float32';
  readonly isWeighted: boolean;
}

/** Contents of `params`. */
export function quantizeParams(shape: QuantizeShape): Uint32Array<ArrayBuffer> {
  const { groups, firstColumn, rowGroups, dtype, scales, isWeighted } = shape;
  const isHalf = scales === 'float16' ? 1 : 0;
  return Uint32Array.of(
    groups,
    firstColumn,
    rowGroups,
    DTYPES[dtype]!,
    isHalf,
    CANDIDATES,
    isWeighted ? 1 : 0,
    0,
  );
}

export interface QuantizeArgs {
  readonly rounding: 'plain' | 'search';
  /** [groups, 32] in the checkpoint's dtype, padded to whole u32. */
  readonly weights: GPUBuffer;
  /** u32, written: [groups, 4] words of 8 codes, then [groups] scales, f16 bits or f32 bits or BAD_SCALE. */
  readonly output: GPUBuffer;
  /** QUANTIZE_PARAMS_BYTES of usage UNIFORM. */
  readonly params: GPUBuffer;
  /** u8 [rowGroups * 32] (search; any buffer of 4 bytes where it does not count). */
  readonly importance: GPUBuffer;
}

/** Encode it with `quantizeWorkgroups(groups)`: one dispatch serves blocks of every size. */
export function quantizeGroups(
  context: Pick<KernelContext, 'gpu' | 'pipelines'>,
  { rounding, weights, output, params, importance }: QuantizeArgs,
): Promise<Dispatch> {
  const isSearch = rounding === 'search';
  return prepare(context, {
    spec: { op: isSearch ? 'quantize_search' : 'quantize_plain', preludes: ['quantize_group'] },
    bindings: { 0: weights, 1: output, 2: params, 3: isSearch ? importance : undefined },
    x: 1,
  });
}

export function quantizeWorkgroups(groups: number): number {
  return Math.ceil(groups / WORKGROUP);
}
