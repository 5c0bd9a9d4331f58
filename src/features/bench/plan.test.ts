import { describe, expect, it } from 'vitest';
import { checkBenchConfig } from '../../bench/config';
import { BENCH_SHAPES } from '../../bench/types';
import { planBench } from './plan';

const SPEED = { int8Activations: true, int8Kv: false, speculation: 'auto' } as const;
const GPU = { isSoftware: false, memoryBytes: undefined };
const GIB = 2 ** 30;

describe('planBench', () => {
  it('measures all of a model where nothing speaks against it, with the speed settings', () => {
    const plan = planBench({ shape: 'aquila-7b', isQuick: true }, GPU, SPEED);
    expect(plan).toMatchObject({ layers: 32, totalLayers: 32, cut: undefined, isTooLarge: false });
    expect(plan.config).toMatchObject({
      shapes: ['aquila-7b'],
      isQuick: true,
      engine: { int8Activations: true },
    });
    expect(plan.config.layers).toBeUndefined();
    expect(plan.neededBytes).toBeGreaterThan(4e9);
    expect(plan.neededBytes).toBeLessThan(6e9);
  });

  it('always asks for something that can be run', () => {
    for (const shape of BENCH_SHAPES)
      for (const isQuick of [true, false])
        for (const machine of [GPU, { isSoftware: true, memoryBytes: 6 * GIB }, { ...GPU, memoryBytes: GIB }])
          checkBenchConfig(planBench({ shape, isQuick }, machine, SPEED).config);
  });

  it('takes few layers on a processor, but all of the built-in model', () => {
    const software = { ...GPU, isSoftware: true };
    const plan = planBench({ shape: 'aquila2-34b', isQuick: true }, software, SPEED);
    expect(plan).toMatchObject({ cut: 'software', layers: 2, totalLayers: 60 });
    const small = planBench({ shape: 'aerie-mini', isQuick: true }, software, SPEED);
    expect(small).toMatchObject({ cut: undefined, layers: 4, totalLayers: 4 });
  });

  it('takes as many layers as the memory holds with room to spare', () => {
    const machine = { ...GPU, memoryBytes: 8 * GIB };
    const plan = planBench({ shape: 'aquila2-34b', isQuick: true }, machine, SPEED);
    expect(plan.cut).toBe('memory');
    expect(plan.neededBytes).toBeLessThan(0.85 * 8 * GIB);
    expect(plan.wholeBytes).toBeGreaterThan(8 * GIB);
    expect(plan.layers).toBeGreaterThan(10);
    expect(plan.config.layers).toBe(plan.layers);
    expect(
      planBench({ shape: 'aquila2-34b', isQuick: false }, { ...GPU, memoryBytes: GIB / 2 }, SPEED),
    ).toMatchObject({ isTooLarge: true, layers: 2 });
  });
});
