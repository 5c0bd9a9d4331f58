import { expect, it } from 'vitest';
import { upload } from '../gpu/test-gpu';
import { attention, attentionScratchBytes, encodeAttention } from './attention';
import * as cpu from './cpu/attention';
import {
  halves,
  kernelContext,
  normal,
  poisoned,
  readGuarded,
  stateBuffer,
  submit,
  worstError,
} from './test-kernels';

// Heads per workgroup: two, one, six, seven of ten, one; sizes that are no powers of two among them.
const SHAPES = [
  { heads: 2, kvHeads: 1, headDim: 128 },
  { heads: 12, kvHeads: 2, headDim: 80 },
  { heads: 10, kvHeads: 1, headDim: 256 },
  { heads: 2, kvHeads: 2, headDim: 36 },
];

for (const shape of SHAPES) {
  for (const [positions, capacity] of [
    [1, 7],
    [63, 64],
    [200, 257],
    [256, 300],
    [700, 1024],
  ] as const) {
    it(`${JSON.stringify(shape)} over ${positions} of ${capacity} positions`, async () => {
      const context = await kernelContext(true);
      const { gpu } = context;
      // Small splits and few of them: splits of one position and of more than one tile come up as well.
      for (const tuning of [context.tuning, { ...context.tuning, splitPositions: 40, maxSplits: 2 }]) {
        const { heads, kvHeads, headDim } = shape;
        const q = normal(1, heads * headDim, 3);
        const k = halves(normal(2, kvHeads * capacity * headDim));
        const v = halves(normal(3, kvHeads * capacity * headDim));
        const bytes = attentionScratchBytes(shape, tuning);
        const output = poisoned(gpu, 'output', heads * headDim);
        const shares = poisoned(gpu, 'shares', bytes.shares / 4);
        const extent = poisoned(gpu, 'extent', bytes.extent / 4);
        const steps = await attention(
          { ...context, tuning },
          {
            ...shape,
            q: upload(gpu.device, 'q', q),
            cache: { k: upload(gpu.device, 'k', k.bits), v: upload(gpu.device, 'v', v.bits) },
            state: stateBuffer(gpu, 0, positions - 1),
            output,
            shares,
            extent,
          },
        );
        submit(gpu, (pass) => encodeAttention(pass, steps, positions, tuning));
        const found = await readGuarded(gpu, output, heads * headDim);
        await readGuarded(gpu, shares, bytes.shares / 4);
        await readGuarded(gpu, extent, bytes.extent / 4);
        const expected = cpu.attention(shape, q, k.values, v.values, capacity, positions);
        expect(worstError(found, expected)).toBeLessThan(1e-5);
      }
    });
  }
}
