import { describe, expect, it } from 'vitest';
import { linearTicks, logPosition, spacedValues } from './scale';

describe('linearTicks', () => {
  it('are round, begin at 0 and cover the largest value', () => {
    expect(linearTicks(43)).toEqual([0, 10, 20, 30, 40, 50]);
    expect(linearTicks(40)).toEqual([0, 10, 20, 30, 40]);
    expect(linearTicks(0.9)).toHaveLength(6);
    expect(linearTicks(0.9).at(-1)).toBeCloseTo(1);
    for (const most of [1e-6, 0.013, 7, 99.9, 1234]) {
      const ticks = linearTicks(most);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(most * (1 - 1e-9));
      expect(ticks.length).toBeLessThanOrEqual(7);
    }
  });

  it('survive values that are none', () => {
    for (const most of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(linearTicks(most)).toEqual([0, 1]);
  });
});

describe('logPosition', () => {
  it('spaces doublings evenly', () => {
    const contexts = [128, 512, 2048];
    expect(contexts.map((tokens) => logPosition(tokens, contexts))).toEqual([0, expect.closeTo(0.5), 1]);
    expect(logPosition(128, [128])).toBe(0.5);
  });
});

describe('spacedValues', () => {
  it('drops labels that would touch, but neither end', () => {
    const contexts = [128, 1024, 4096, 16_384];
    expect(spacedValues(contexts, 600, 50)).toEqual(contexts);
    expect(spacedValues(contexts, 100, 50)).toEqual([128, 16_384]);
    expect(spacedValues([], 100, 50)).toEqual([]);
  });
});
