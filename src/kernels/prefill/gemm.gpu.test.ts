import { describe, expect, it } from 'vitest';
import { testGpu, upload } from '../../gpu/test-gpu';
import { matmul } from '../cpu/prefill';
import { FORMATS, normal, POISON, poisoned, randomMatrix, readGuarded, worstError } from '../test-kernels';
import type { WeightFormat } from '../types';
import { canRunGemm, type GemmKernel, gemm, gemmKernel } from './gemm';
import { chunkContext, F16, runSteps } from './test-prefill';

interface Case {
  readonly format: WeightFormat;
  readonly tokens: number;
  readonly rows: number;
  readonly cols: number;
  readonly cuts?: readonly number[];
  readonly isAdded?: boolean;
  readonly stride?: number;
}

/** What no row covers must keep its poison. */
async function errorOf(options: (typeof F16)[number], kernel: GemmKernel, test: Case) {
  const { format, tokens, rows, cols, cuts, isAdded = false, stride = rows } = test;
  const context = await chunkContext(options, tokens);
  const { gpu } = context;
  const { matrix, values } = randomMatrix(gpu, format, rows, cols, rows + cols, cuts);
  const x = normal(3, tokens * cols);
  const before = normal(4, tokens * stride);
  const y = poisoned(gpu, 'y', tokens * stride);
  if (isAdded) gpu.device.queue.writeBuffer(y, 0, before);
  const args = { weights: matrix, x: upload(gpu.device, 'x', x), y, isAdded, stride };
  runSteps(context, await gemm(context, args, kernel), tokens);
  const inRow = (_: number, i: number) => i % stride < rows;
  const found = await readGuarded(gpu, y, tokens * stride);
  expect(found.filter((value, i) => !inRow(value, i) && value !== Math.fround(POISON))).toHaveLength(0);
  const expected = matmul(x, values, cols);
  if (isAdded) {
    const added = before.filter(inRow);
    for (let i = 0; i < expected.length; i++) expected[i]! += added[i]!;
  }
  return worstError(found.filter(inRow), expected);
}

// The lanes do not depend on shader-f16.
const VARIANTS = [
  ...F16.map((options) => ['tile', options] as const),
  ['lanes_4', {}],
  ['lanes_8', {}],
] as const;

describe.each(VARIANTS)('gemm, %s, on a device with %o', (kernel, options) => {
  it.for(FORMATS)(
    '%s: tails in every direction, added or not, in slices, rows apart',
    async (format, { skip }) => {
      const { features } = await testGpu(options);
      if (!canRunGemm(kernel, features)) skip(`the subgroups of this adapter are too small for ${kernel}`);
      for (const shape of [
        { tokens: 1, rows: 3, cols: 32 },
        { tokens: 70, rows: 130, cols: 96 },
        { tokens: 64, rows: 64, cols: 256, isAdded: true },
        { tokens: 9, rows: 200, cols: 64, cuts: [64, 128], isAdded: true },
        { tokens: 130, rows: 71, cols: 160, cuts: [2] },
        { tokens: 6, rows: 37, cols: 64, stride: 64 },
      ])
        expect(await errorOf(options, kernel, { format, ...shape }), JSON.stringify(shape)).toBeLessThan(
          1e-5,
        );
    },
  );
});

it('takes tiles on a GPU, and on a processor as many lanes as its subgroups hold', () => {
  const subgroups = (size: number) => ({
    f16: false,
    subgroups: size > 0,
    subgroupMinSize: size,
    subgroupMaxSize: size,
    timestamps: false,
  });
  const kernels = (isSoftware: boolean) =>
    [0, 4, 8, 32].map((size) => gemmKernel({ isSoftware, features: subgroups(size) }));
  expect(kernels(false)).toEqual(['tile', 'tile', 'tile', 'tile']);
  expect(kernels(true)).toEqual(['tile', 'lanes_4', 'lanes_8', 'lanes_8']);
});

it('keeps activations in f32 beside weights in half', async () => {
  const gpu = await testGpu();
  if (!gpu.features.f16) console.warn('NOT RUN with f16: the adapter has none');
  const context = await chunkContext({}, 2);
  const { matrix, values } = randomMatrix(gpu, 'q4f16', 8, 64, 1);
  const x = normal(5, 128, 3e5); // beyond the range of a half
  const y = poisoned(gpu, 'y', 16);
  const args = { weights: matrix, x: upload(gpu.device, 'x', x), y, isAdded: false };
  runSteps(context, await gemm(context, args, 'tile'), 2);
  expect(worstError(await readGuarded(gpu, y, 16), matmul(x, values, 64))).toBeLessThan(1e-5);
});
