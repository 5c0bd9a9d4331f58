import { expect, it } from 'vitest';
import { AppError } from '../core/errors';
import { rowBytes } from '../kernels/matrix';
import { type MatrixShape, planSlices } from './slice-plan';

const shape = (more: Partial<MatrixShape>): MatrixShape => ({
  name: 'm',
  format: 'q4f16',
  rows: 1000,
  cols: 256,
  unit: 64,
  ...more,
});

it('leaves what fits in one piece', () => {
  expect(planSlices(shape({}), 128_000)).toEqual([{ rowStart: 0, rows: 1000 }]);
});

it.each(['q4f16', 'q4f32', 'f16', 'f32'] as const)(
  'cuts %s without gaps, in whole units, under the limit',
  (format) => {
    for (const maxBytes of [70_000, 100_001, 250_000]) {
      const slices = planSlices(shape({ format }), maxBytes);
      let next = 0;
      for (const { rowStart, rows } of slices) {
        expect(rowStart).toBe(next);
        expect(rowStart % 64).toBe(0);
        expect(rows * rowBytes(format, 256).data).toBeLessThanOrEqual(maxBytes);
        next += rows;
      }
      expect(next).toBe(1000);
    }
  },
);

it('cuts gate and up alike', () => {
  const slices = planSlices(shape({ paired: true }), 30_000);
  const half = slices.length / 2;
  slices.slice(0, half).forEach(({ rowStart, rows }, index) => {
    expect(slices[half + index]).toEqual({ rowStart: rowStart + 500, rows });
  });
});

it('gives the slices of a 7B vocabulary at 128 MiB', () => {
  const slices = planSlices(shape({ rows: 100_008, cols: 4096 }), 128 << 20);
  expect(slices.map(({ rows }) => rows)).toEqual([65_536, 34_472]);
});

it('says what it would need when not one unit fits', () => {
  const error = new AppError('limits-too-small', {
    tensor: 'm',
    bindingBytes: 1000,
    neededBindingBytes: 8192,
  });
  expect(() => planSlices(shape({}), 1000)).toThrow(error.message);
});
