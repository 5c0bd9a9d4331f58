import { expect, it } from 'vitest';
import { TEST_ARCHITECTURE } from '../models/test-package';
import { ropeTable } from './rope-table';

it('holds cosine and sine of the scaled position', () => {
  const architecture = { ...TEST_ARCHITECTURE, headDim: 8, ropeTheta: 10_000, ropeFactor: 8 };
  const table = ropeTable(architecture, 3000); // [3000, 4, 2]
  expect(table.length).toBe(3000 * 8);
  for (const [position, pair] of [
    [0, 0],
    [1, 3],
    [2999, 0],
    [2999, 2],
  ] as const) {
    const angle = (position / 8) * 10_000 ** (-pair / 4);
    expect(table[(position * 4 + pair) * 2]).toBe(Math.fround(Math.cos(angle)));
    expect(table[(position * 4 + pair) * 2 + 1]).toBe(Math.fround(Math.sin(angle)));
  }
});

it('is the same when a shorter table was made before', () => {
  const architecture = { ...TEST_ARCHITECTURE, headDim: 12 };
  const short = ropeTable(architecture, 7);
  const grown = ropeTable(architecture, 50);
  expect(grown).toEqual(ropeTable({ ...architecture }, 50));
  expect(short).toEqual(grown.subarray(0, 7 * 12));
  expect(ropeTable(architecture, 7)).toEqual(short);
});
