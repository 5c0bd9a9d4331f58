import { expect, it } from 'vitest';
import { upload } from '../../gpu/test-gpu';
import { matmul } from '../cpu/prefill';
import { quantizeRows } from '../cpu/quantize-rows';
import { quantizedRowBytes } from '../quantize-rows';
import { normal, poisoned, randomMatrix, readGuarded, worstError } from '../test-kernels';
import type { WeightFormat } from '../types';
import { type GemmArgs, gemm } from './gemm';
import { gemvColumns } from './gemv-columns';
import type { PrefillContext, PrefillStep } from './step';
import { chunkContext, runSteps } from './test-prefill';
import { quantizeTokens } from './token-ops';

interface Case {
  readonly tokens: number;
  readonly rows: number;
  readonly cols: number;
  readonly cuts?: readonly number[];
  readonly isAdded?: boolean;
}

type Product = (context: PrefillContext, args: GemmArgs) => Promise<PrefillStep[]>;

/** Against float64 products of the integers that x becomes. */
async function errorOf(subgroups: boolean, product: Product, format: WeightFormat, test: Case) {
  const { tokens, rows, cols, cuts, isAdded = false } = test;
  const context = await chunkContext({ subgroups }, tokens);
  const { gpu } = context;
  const { matrix, values } = randomMatrix(gpu, format, rows, cols, rows, cuts);
  const x = normal(3, tokens * cols);
  const packed = poisoned(gpu, 'packed', (tokens * quantizedRowBytes(cols)) / 4);
  const y = poisoned(gpu, 'y', tokens * rows);
  const before = normal(4, tokens * rows);
  if (isAdded) gpu.device.queue.writeBuffer(y, 0, before);
  const args = { weights: matrix, x: packed, y, isAdded, isInt8: true };
  const quantize = await quantizeTokens(context, { cols, x: upload(gpu.device, 'x', x), y: packed });
  runSteps(context, [quantize, ...(await product(context, args))], tokens);
  const { integers, scales } = quantizeRows(x);
  const rounded = Float64Array.from(integers, (value, i) => value * scales[i >> 5]!);
  const expected = matmul(rounded, values, cols);
  if (isAdded) for (let i = 0; i < expected.length; i++) expected[i]! += before[i]!;
  return worstError(await readGuarded(gpu, y, tokens * rows), expected);
}

// An integer may round the other way where f32 and float64 fall on two sides of a half: one step of one column.
const LIMIT = 4e-3;

it.each(['q4f16', 'q4f32'] as const)(
  'gemm_int8, %s: tails in every direction, added, in slices',
  async (format) => {
    for (const test of [
      { tokens: 1, rows: 3, cols: 32 },
      { tokens: 70, rows: 130, cols: 96 },
      { tokens: 9, rows: 200, cols: 64, cuts: [64, 128], isAdded: true },
    ])
      expect(await errorOf(true, gemm, format, test), JSON.stringify(test)).toBeLessThan(LIMIT);
  },
);

it.each([
  ['q4f16', true],
  ['q4f32', true],
  ['q4f16', false],
] as const)('gemv_columns_int8, %s, subgroups %s: 1 to 8 tokens, in slices', async (format, subgroups) => {
  for (const test of [
    ...[1, 2, 4, 5, 8].map((tokens) => ({ tokens, rows: 37, cols: 160 })),
    { tokens: 3, rows: 130, cols: 32, cuts: [64], isAdded: true },
  ])
    expect(await errorOf(subgroups, gemvColumns, format, test), JSON.stringify(test)).toBeLessThan(LIMIT);
});
