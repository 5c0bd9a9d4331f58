import { expect, it } from 'vitest';
import { AppError } from './errors';
import { median, sum } from './statistics';

it('takes the middle, or the mean of the two in the middle', () => {
  expect(median([3])).toBe(3);
  expect(median([9, 1, 5])).toBe(5);
  expect(median([1, 100, 3, 5])).toBe(4);
  expect(() => median([])).toThrow(AppError);
  expect(sum([])).toBe(0);
  expect(sum([1, 2, 3.5])).toBe(6.5);
});
