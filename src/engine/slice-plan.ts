/** How a matrix is cut into bindings when the adapter cannot bind it whole. Pure arithmetic. */
import { AppError } from '../core/errors';
import { rowBytes } from '../kernels/matrix';
import type { WeightFormat } from '../kernels/types';

export interface MatrixShape {
  readonly name: string;
  readonly format: WeightFormat;
  readonly rows: number;
  readonly cols: number;
  /** Rows that must stay together: the head size for qkv, otherwise 64, so that slices are whole workgroups. */
  readonly unit: number;
  /** Gate and up: the second half of the rows is cut exactly like the first. */
  readonly paired?: boolean;
}

export interface RowRange {
  readonly rowStart: number;
  readonly rows: number;
}

export const DEFAULT_UNIT = 64;

/**
 * Ranges of rows whose data and scales fit `maxBytes` each, in order, without gaps. One range when all fits.
 * Throws AppError `limits-too-small` {tensor, bindingBytes, neededBindingBytes} when not even one unit fits.
 */
export function planSlices(shape: MatrixShape, maxBytes: number): RowRange[] {
  const { name, format, rows, cols, unit, paired = false } = shape;
  const perRow = rowBytes(format, cols);
  const bytes = Math.max(perRow.data, perRow.scales);
  if (rows * bytes <= maxBytes) return [{ rowStart: 0, rows }];
  const most = Math.floor(maxBytes / bytes / unit) * unit;
  if (most === 0) {
    throw new AppError('limits-too-small', {
      tensor: name,
      bindingBytes: maxBytes,
      neededBindingBytes: unit * bytes,
    });
  }
  if (!paired) return cut(0, rows, most);
  return [...cut(0, rows / 2, most), ...cut(rows / 2, rows / 2, most)];
}

function cut(start: number, rows: number, most: number): RowRange[] {
  const ranges: RowRange[] = [];
  for (let done = 0; done < rows; done += most) {
    ranges.push({ rowStart: start + done, rows: Math.min(most, rows - done) });
  }
  return ranges;
}
