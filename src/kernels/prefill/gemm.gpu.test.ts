import { describe, expect, it } from 'vitest';
import { testGpu, upload } from '../../gpu/test-gpu';
import { matmul } from '../cpu/prefill';
import { FORMATS, normal, poisoned, randomMatrix, readGuarded, worstError } from '../test-kernels';
import type { WeightFormat } from '../types';
import { gemm } from './gemm';
import { chunkContext, F16, runSteps } from './test-prefill';

interface Case {
  readonly format: WeightFormat;
  readonly tokens: number;
  readonly rows: number;
  readonly cols: number;
  readonly cuts?: readonly number[];
  readonly isAdded?: boolean;
}

async function errorOf(options: (typeof F16)[number], { format, tokens, rows, cols, cuts, isAdded }: Case) {
  const context = await chunkContext(options, tokens);
  const { gpu } = context;
  const { matrix, values } = randomMatrix(gpu, format, rows, cols, rows + cols, cuts);
  const x = normal(3, tokens * cols);
  const before = normal(4, tokens * rows);
  const y = poisoned(gpu, 'y', tokens * rows);
  if (isAdded) gpu.device.queue.writeBuffer(y, 0, before);
  const args = { weights: matrix, x: upload(gpu.device, 'x', x), y, isAdded: isAdded ?? false };
  runSteps(context, await gemm(context, args), tokens);
  const expected = matmul(x, values, cols);
  if (isAdded) for (let i = 0; i < expected.length; i++) expected[i]! += before[i]!;
  return worstError(await readGuarded(gpu, y, tokens * rows), expected);
}

describe.each(F16)('gemm on a device with %o', (options) => {
  it.each(FORMATS)('%s: tails in every direction, added or not, in slices', async (format) => {
    for (const shape of [
      { tokens: 1, rows: 3, cols: 32 },
      { tokens: 70, rows: 130, cols: 96 },
      { tokens: 64, rows: 64, cols: 256, isAdded: true },
      { tokens: 9, rows: 200, cols: 64, cuts: [64, 128], isAdded: true },
      { tokens: 130, rows: 71, cols: 160, cuts: [2] },
    ])
      expect(await errorOf(options, { format, ...shape }), JSON.stringify(shape)).toBeLessThan(1e-5);
  });
});

it('keeps activations in f32 beside weights in half', async () => {
  const gpu = await testGpu();
  if (!gpu.features.f16) console.warn('NOT RUN with f16: the adapter has none');
  const context = await chunkContext({}, 2);
  const { matrix, values } = randomMatrix(gpu, 'q4f16', 8, 64, 1);
  const x = normal(5, 128, 3e5); // beyond the range of a half
  const y = poisoned(gpu, 'y', 16);
  const args = { weights: matrix, x: upload(gpu.device, 'x', x), y, isAdded: false };
  runSteps(context, await gemm(context, args), 2);
  expect(worstError(await readGuarded(gpu, y, 16), matmul(x, values, 64))).toBeLessThan(1e-5);
});
