import type { GpuFeatures } from '../../gpu/device';
import { checkMatrix } from '../matrix';
import type { Matrix, WeightFormat } from '../types';
import { type PrefillContext, type PrefillStep, prepareStep } from './step';

/** Tokens and rows of one workgroup, as in shaders/ops/gemm.wgsl. */
const TILE = 64;

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

/** Preludes of gemm.wgsl; f16 workgroup memory where it holds the stored values exactly. */
export function gemmPreludes(format: WeightFormat, features: Pick<GpuFeatures, 'f16'>): readonly string[] {
  const shared = features.f16 && format !== 'f32' ? 'shared_f16' : 'shared_f32';
  return [...READERS[format], shared, 'chunk'];
}

export interface GemmArgs {
  /** [rows, cols] */
  readonly weights: Matrix;
  /** f32 [tokens, cols]; as `quantize_rows` leaves them where `isInt8`. */
  readonly x: GPUBuffer;
  /** f32 [tokens, rows], written or added to. */
  readonly y: GPUBuffer;
  /** Adds to y (the residual) in place of writing it. */
  readonly isAdded: boolean;
  /** x are 8-bit integers; for matrices of 4-bit codes only. */
  readonly isInt8?: boolean;
}

/** Op and preludes, and the bound of the inner loop: columns of a tile, or words of a scale group. */
function variant({ weights, isInt8 = false }: GemmArgs, features: Pick<GpuFeatures, 'f16'>) {
  if (isInt8) {
    return { op: 'gemm_int8', preludes: [...scalesPreludes(weights.format), 'chunk'], bound: 8 };
  }
  const preludes = gemmPreludes(weights.format, features);
  return { op: 'gemm', preludes, bound: preludes.includes('shared_f16') ? 32 : 16 };
}

/** y = x . W^T for all tokens of the chunk; one dispatch per slice. Throws AppError `internal` for a wrong shape. */
export function gemm(context: PrefillContext, args: GemmArgs): Promise<PrefillStep[]> {
  const { weights, x, y, isAdded } = args;
  checkMatrix('gemm', weights, weights.rows, weights.cols);
  const { op, preludes, bound } = variant(args, context.gpu.features);
  return Promise.all(
    weights.slices.map(({ rowStart, rows, data, scales }) => {
      const shape = [weights.cols, weights.rows, rowStart, rows, isAdded ? 1 : 0, bound];
      return prepareStep(
        context,
        {
          spec: { op, preludes },
          bindings: { 0: data, 1: scales, 2: x, 3: y, 4: context.uniforms.get(shape), 10: context.chunk },
        },
        (tokens) => [Math.ceil(tokens / TILE), Math.ceil(rows / TILE)],
      );
    }),
  );
}
