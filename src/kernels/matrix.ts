/** What every matrix-vector kernel needs to know of a matrix: its prelude, its bindings, its slices. */
import { AppError } from '../core/errors';
import type { GemvMath, GemvTuning } from './decode-tuning';
import type { Matrix, MatrixSlice, WeightFormat } from './types';

/** Columns per scale group, and the step of every kernel along a row. */
export const GROUP = 32;

const isQ4 = (format: WeightFormat): boolean => format === 'q4f16' || format === 'q4f32';

/** The math a matrix is multiplied with: the wanted one, or f32 where its format has no other. */
export function mathOf({ format }: Pick<Matrix, 'format'>, wanted: GemvMath): GemvMath {
  return isQ4(format) ? wanted : 'f32';
}

/** Preludes of shaders/lib that read matrices of this format and multiply them. */
export function weightsPreludes(
  { format }: Pick<Matrix, 'format'>,
  wanted: GemvMath = 'f32',
): readonly string[] {
  if (!isQ4(format)) return [`weights_${format}`];
  return [`gemv_scales_${format.slice(2)}`, 'weights_q4', `math_${mathOf({ format }, wanted)}`];
}

/** Preludes of a matrix-vector product: team, weights and the walk along the rows. Single lanes mask or use integers. */
export function gemvPreludes(
  weights: Pick<Matrix, 'format'>,
  { team, math }: Pick<GemvTuning, 'team' | 'math'>,
): readonly string[] {
  if (team !== 'team_lane') return [team, ...weightsPreludes(weights, math), 'gemv', 'gemv_teams'];
  const isInt8 = mathOf(weights, math) === 'int8';
  const lend = isInt8 ? 'lend_int8' : 'lend_quads';
  return [team, ...weightsPreludes(weights, isInt8 ? 'int8' : 'masked'), 'gemv', lend, 'gemv_lanes'];
}

/** Bytes of one row: values or codes, and scales. */
export function rowBytes(format: Matrix['format'], cols: number): { data: number; scales: number } {
  switch (format) {
    case 'q4f16':
      return { data: cols / 2, scales: cols / 16 };
    case 'q4f32':
      return { data: cols / 2, scales: cols / 8 };
    case 'f16':
      return { data: cols * 2, scales: 0 };
    case 'f32':
      return { data: cols * 4, scales: 0 };
  }
}

/** Throws AppError `internal` when the shape is not one the kernels can run. */
export function checkMatrix(name: string, matrix: Matrix, rows: number, cols: number): void {
  const fail = (reason: string): never => {
    throw new AppError('internal', { message: `${name}: ${reason}` });
  };
  if (matrix.rows !== rows || matrix.cols !== cols) {
    fail(`matrix is [${matrix.rows}, ${matrix.cols}], expected [${rows}, ${cols}]`);
  }
  if (cols % GROUP !== 0) fail(`${cols} columns are not a multiple of ${GROUP}`);
  let next = 0;
  for (const slice of matrix.slices) {
    if (slice.rowStart !== next) fail(`slice starts at row ${slice.rowStart}, expected ${next}`);
    next += slice.rows;
  }
  if (next !== rows) fail(`slices hold ${next} of ${rows} rows`);
}

/** Bindings 0 and 1 of a weights prelude. */
export function sliceBindings(slice: MatrixSlice): { 0: GPUBuffer; 1: GPUBuffer | undefined } {
  return { 0: slice.data, 1: slice.scales };
}

export interface SliceRange {
  /** First row, counted in the whole matrix. */
  readonly rowStart: number;
  readonly rows: number;
  /** Where the rows start inside the first and the second binding. */
  readonly rowOffset?: number;
  readonly rowOffsetB?: number;
}

/** Uniform buffer for `Slice` of shaders/lib/slice.wgsl: u32 [rowStart, rows, rowOffset, rowOffsetB]. */
export function sliceUniform(device: GPUDevice, range: SliceRange): GPUBuffer {
  const buffer = device.createBuffer({
    label: 'slice',
    size: 16,
    usage: GPUBufferUsage.UNIFORM,
    mappedAtCreation: true,
  });
  const { rowStart, rows, rowOffset = 0, rowOffsetB = 0 } = range;
  new Uint32Array(buffer.getMappedRange()).set([rowStart, rows, rowOffset, rowOffsetB]);
  buffer.unmap();
  return buffer;
}
