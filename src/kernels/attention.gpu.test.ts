import { expect, it } from 'vitest';
import { upload } from '../gpu/test-gpu';
import { attention, attentionAt, attentionScratchBytes } from './attention';
import { attentionTuning } from './attention-tuning';
import * as cpu from './cpu/attention';
import { encodeAll } from './dispatch';
import {
  kernelContext,
  normal,
  poisoned,
  readGuarded,
  stateBuffer,
  submit,
  worstError,
} from './test-kernels';
import { testTensor } from './test-kv';

const GPU_LIKE = attentionTuning({ isSoftware: false }, 8);
// Splits of one position and of more than one tile.
const FEW = { splitPositions: 40, maxSplits: 2, attentionWorkgroup: 64, attentionTile: 256 };

// Heads per workgroup: two, one, six, as many of ten as fit; sizes that are no powers of two among them.
const SHAPES = [
  { shape: { heads: 2, kvHeads: 1, headDim: 128 }, format: 'f16', splits: GPU_LIKE },
  { shape: { heads: 2, kvHeads: 2, headDim: 36 }, format: 'f16', splits: FEW },
  { shape: { heads: 12, kvHeads: 2, headDim: 80 }, format: 'int8', splits: FEW },
  { shape: { heads: 10, kvHeads: 1, headDim: 256 }, format: 'f16', splits: {} },
] as const;

for (const { shape, format, splits } of SHAPES) {
  for (const [positions, capacity] of [
    [1, 7],
    [63, 64],
    [200, 257],
    [256, 300],
    [700, 1024],
  ] as const) {
    it(`${JSON.stringify(shape)} ${format} over ${positions} of ${capacity} positions`, async () => {
      const context = await kernelContext(true);
      const { gpu } = context;
      const tuning = { ...context.tuning, ...splits };
      const { heads, headDim } = shape;
      const q = normal(1, heads * headDim, 3);
      const k = testTensor(gpu, format, shape, capacity, positions, 2);
      const v = testTensor(gpu, format, shape, capacity, positions, 3);
      const bytes = attentionScratchBytes(shape, tuning);
      const output = poisoned(gpu, 'output', heads * headDim);
      const shares = poisoned(gpu, 'shares', bytes.shares / 4);
      const extent = poisoned(gpu, 'extent', bytes.extent / 4);
      const steps = await attention(
        { ...context, tuning },
        {
          ...shape,
          q: upload(gpu.device, 'q', q),
          format,
          cache: { k: k.buffer, v: v.buffer },
          state: stateBuffer(gpu, 0, positions - 1),
          output,
          shares,
          extent,
        },
      );
      submit(gpu, (pass) => encodeAll(pass, attentionAt(steps, positions, tuning)));
      const found = await readGuarded(gpu, output, heads * headDim);
      await readGuarded(gpu, shares, bytes.shares / 4);
      await readGuarded(gpu, extent, bytes.extent / 4);
      const expected = cpu.attention(shape, q, k.values, v.values, capacity, positions);
      expect(worstError(found, expected)).toBeLessThan(1e-5);
    });
  }
}
