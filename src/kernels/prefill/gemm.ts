/**
 * Products for many tokens. On a GPU in tiles through workgroup memory; on a processor in the registers of a subgroup,
 * where the tiles' reads from workgroup memory would cost more than the arithmetic.
 */
import type { Gpu, GpuFeatures } from '../../gpu/device';
import { checkMatrix } from '../matrix';
import type { Matrix, WeightFormat } from '../types';
import { type PrefillContext, type PrefillStep, prepareStep } from './step';

/** Tokens and rows of one workgroup, as in shaders/ops/gemm.wgsl. */
const TILE = 64;
/** Tokens of one workgroup and rows of one lane, as in shaders/ops/gemm_lanes.wgsl. */
const LANE_TOKENS = 8;
const LANE_ROWS = 8;

/** shaders/ops/gemm.wgsl, or gemm_lanes.wgsl with the prelude of that name. */
export type GemmKernel = 'tile' | 'lanes_4' | 'lanes_8';

/** Lanes of a workgroup that is one subgroup. */
const LANES: Record<Exclude<GemmKernel, 'tile'>, number> = { lanes_4: 4, lanes_8: 8 };

/** Preludes that read weights of a format without their scale, and their scales. */
export const READERS: Record<WeightFormat, readonly string[]> = {
  q4f16: ['tile_q4', 'scales_f16'],
  q4f32: ['tile_q4', 'scales_f32'],
  f16: ['tile_f16', 'scales_none'],
  f32: ['tile_f32', 'scales_none'],
};

/** Prelude of a format's scales alone. */
export function scalesPreludes(format: WeightFormat): readonly string[] {
  return READERS[format].slice(1);
}

/** Whether every subgroup of the adapter holds that many lanes. */
export function canRunGemm(kernel: GemmKernel, { subgroups, subgroupMinSize }: GpuFeatures): boolean {
  return kernel === 'tile' || (subgroups && subgroupMinSize >= LANES[kernel]);
}

/** A processor takes as many lanes as its vectors hold, a GPU tiles. */
export function gemmKernel({ isSoftware, features }: Pick<Gpu, 'isSoftware' | 'features'>): GemmKernel {
  if (!isSoftware) return 'tile';
  return (['lanes_8', 'lanes_4'] as const).find((kernel) => canRunGemm(kernel, features)) ?? 'tile';
}

export interface GemmArgs {
  /** [rows, cols] */
  readonly weights: Matrix;
  /** f32 [tokens, cols]; as `quantize_rows` leaves them where `isInt8`. */
  readonly x: GPUBuffer;
  /** f32 [tokens, stride], written or added to. */
  readonly y: GPUBuffer;
  /** Adds to y (the residual) in place of writing it. */
  readonly isAdded: boolean;
  /** x are 8-bit integers; for matrices of 4-bit codes only. */
  readonly isInt8?: boolean;
  /** Row length of y; by default the rows of the matrix. */
  readonly stride?: number;
}

/** Of a product: op and preludes, the bound of the inner loop, tokens and rows of a workgroup. */
interface Variant {
  readonly op: string;
  readonly preludes: readonly string[];
  /** Columns of a tile, words of a scale group, or lanes. */
  readonly bound: number;
  readonly tokens: number;
  readonly rows: number;
}

function variant({ weights, isInt8 = false }: GemmArgs, kernel: GemmKernel, f16: boolean): Variant {
  const { format } = weights;
  if (isInt8) {
    const preludes = [...scalesPreludes(format), 'product', 'chunk'];
    return { op: 'gemm_int8', preludes, bound: 8, tokens: TILE, rows: TILE };
  }
  if (kernel !== 'tile') {
    const lanes = LANES[kernel];
    const preludes = [...READERS[format], kernel, 'product', 'chunk'];
    return { op: 'gemm_lanes', preludes, bound: lanes, tokens: LANE_TOKENS, rows: LANE_ROWS * lanes };
  }
  // f16 workgroup memory where it holds the stored values exactly.
  const isHalf = f16 && format !== 'f32';
  const preludes = [...READERS[format], isHalf ? 'shared_f16' : 'shared_f32', 'product', 'chunk'];
  return { op: 'gemm', preludes, bound: isHalf ? 32 : 16, tokens: TILE, rows: TILE };
}

/**
 * y = x . W^T for all tokens of the chunk; one dispatch per slice. The kernel is for x in f32. Throws AppError
 * `internal` for a wrong shape.
 */
export function gemm(
  context: PrefillContext,
  args: GemmArgs,
  kernel: GemmKernel = gemmKernel(context.gpu),
): Promise<PrefillStep[]> {
  const { weights, x, y, isAdded, stride = weights.rows } = args;
  checkMatrix('gemm', weights, weights.rows, weights.cols);
  const { op, preludes, bound, ...group } = variant(args, kernel, context.gpu.features.f16);
  return Promise.all(
    weights.slices.map(({ rowStart, rows, data, scales }) => {
      const shape = [weights.cols, stride, rowStart, rows, isAdded ? 1 : 0, bound];
      return prepareStep(
        context,
        {
          spec: { op, preludes },
          bindings: { 0: data, 1: scales, 2: x, 3: y, 4: context.uniforms.get(shape), 10: context.chunk },
        },
        (tokens) => [Math.ceil(tokens / group.tokens), Math.ceil(rows / group.rows)],
      );
    }),
  );
}
