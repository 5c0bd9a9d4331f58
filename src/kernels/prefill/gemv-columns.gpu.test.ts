import { expect, it } from 'vitest';
import { upload } from '../../gpu/test-gpu';
import { matmul } from '../cpu/prefill';
import { FORMATS, normal, POISON, poisoned, randomMatrix, readGuarded, worstError } from '../test-kernels';
import type { WeightFormat } from '../types';
import { gemvColumns } from './gemv-columns';
import { chunkContext, runSteps } from './test-prefill';

interface Case {
  readonly tokens: number;
  readonly rows: number;
  readonly cuts?: readonly number[];
  readonly isAdded?: boolean;
  readonly stride?: number;
}

const COLS = 160;

/** [tokens, stride] as found and as expected; what no row covers must keep its poison. */
async function outcome(subgroups: boolean, format: WeightFormat, test: Case) {
  const { tokens, rows, cuts, isAdded = false, stride = rows } = test;
  const context = await chunkContext({ subgroups }, tokens);
  const { gpu } = context;
  const { matrix, values } = randomMatrix(gpu, format, rows, COLS, rows, cuts);
  const x = normal(3, tokens * COLS);
  const y = poisoned(gpu, 'y', tokens * stride);
  const before = normal(4, tokens * stride);
  if (isAdded) gpu.device.queue.writeBuffer(y, 0, before);
  const args = { weights: matrix, x: upload(gpu.device, 'x', x), y, isAdded, stride };
  runSteps(context, await gemvColumns(context, args), tokens);
  const products = matmul(x, values, COLS);
  const found = await readGuarded(gpu, y, tokens * stride);
  const columns: number[] = [];
  const expected: number[] = [];
  found.forEach((value, i) => {
    const row = i % stride;
    if (row < rows) {
      columns.push(value);
      expected.push(products[Math.floor(i / stride) * rows + row]! + (isAdded ? before[i]! : 0));
    } else expect(value, `between rows, at ${i}`).toBe(Math.fround(POISON));
  });
  return worstError(columns, expected);
}

it.each([...FORMATS.map((format) => [format, true] as const), ['q4f16', false] as const])(
  '%s, subgroups %s: 1 to 8 tokens, odd rows, added, in slices, rows apart',
  async (format, subgroups) => {
    const shapes: Case[] = [
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((tokens) => ({ tokens, rows: 37 })),
      { tokens: 8, rows: 1 },
      { tokens: 3, rows: 130, cuts: [64], isAdded: true },
      { tokens: 6, rows: 71, cuts: [2, 64], stride: 128 },
    ];
    for (const shape of shapes)
      expect(await outcome(subgroups, format, shape), JSON.stringify(shape)).toBeLessThan(1e-5);
  },
);
