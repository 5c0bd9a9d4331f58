import { expect, it } from 'vitest';
import { limitPoints, sharedKernels, speedPoints } from './figures';
import { fileName } from './result-file';
import { RESULT } from './test-result';

const shape = RESULT.shapes[0]!;

it('the limit is the bandwidth over what a token reads', () => {
  const limit = limitPoints(shape, RESULT.bandwidth);
  expect(limit.map(({ contextTokens }) => contextTokens)).toEqual([128, 1024, 4096, 16_384]);
  limit.forEach(({ tokensPerSecond }, at) => {
    const { tokensPerSecond: measured, bandwidthShare } = shape.decode![at]!;
    expect(measured / tokensPerSecond).toBeCloseTo(bandwidthShare!);
  });
  expect(limitPoints(shape, undefined)).toEqual([]);
});

it('parts that were not measured give nothing to draw', () => {
  const { decode: _, kernels: __, ...rest } = shape;
  expect(speedPoints(rest)).toEqual([]);
  expect(sharedKernels(rest)).toEqual([]);
  const { bandwidthShare: ___, ...sampler } = shape.kernels![0]!;
  expect(sharedKernels({ ...rest, kernels: [sampler] })).toEqual([]);
});

it('a file name holds only plain letters', () => {
  expect(fileName(RESULT)).toBe('aerie-bench_aquila-7b_NVIDIA-GeForce-RTX-3060_2026-11-20T08-15.json');
});
