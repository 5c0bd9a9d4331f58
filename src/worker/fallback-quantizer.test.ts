import { expect, test, vi } from 'vitest';
import type { BlockQuantizer, QuantizeBlock } from '../convert/block-quantizer';
import { threadQuantizer } from '../convert/quantize-block';
import { AppError } from '../core/errors';
import { FallbackQuantizer } from './fallback-quantizer';

const block = (seed: number): QuantizeBlock => ({
  bytes: new Uint8Array(Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * seed)).buffer),
  dtype: 'F32',
  width: 32,
  scales: 'float32',
  rounding: 'plain',
});

/** Works until it is lost; then the first block under way fails, its bytes taken over, the others when it is disposed of. */
function device(error: () => Error) {
  const thread = threadQuantizer();
  let isLost = false;
  let isFirst = true;
  let abort = () => {};
  const disposed = new Promise<void>((resolve) => {
    abort = resolve;
  });
  const dispose = vi.fn(() => abort());
  const quantizer: BlockQuantizer = {
    parallel: 4,
    dispose,
    async quantize(given) {
      const result = await thread.quantize(given);
      if (!isLost) return result;
      given.bytes.fill(0);
      if (isFirst) {
        isFirst = false;
        throw error();
      }
      await disposed;
      throw new AppError('aborted');
    },
  };
  const lose = () => {
    isLost = true;
  };
  return { quantizer, dispose, lose };
}

test('blocks under way when the device is lost are done again elsewhere, with the same result', async () => {
  const { quantizer, dispose, lose } = device(() => new AppError('device-lost'));
  const openSecond = vi.fn(async () => threadQuantizer());
  const both = new FallbackQuantizer(quantizer, openSecond);
  const expected = await Promise.all([1, 2, 3, 4].map((seed) => threadQuantizer().quantize(block(seed))));
  expect(await both.quantize(block(1))).toEqual(expected[0]);
  expect(openSecond).not.toHaveBeenCalled();
  lose();
  expect(await Promise.all([2, 3].map((seed) => both.quantize(block(seed))))).toEqual(expected.slice(1, 3));
  expect(await both.quantize(block(4))).toEqual(expected[3]);
  expect(openSecond).toHaveBeenCalledOnce();
  expect(dispose).toHaveBeenCalledOnce();
});

test('an error that is not the device’s is told', async () => {
  const { quantizer, lose } = device(() => new AppError('tensor-mismatch'));
  lose();
  const both = new FallbackQuantizer(quantizer, async () => threadQuantizer());
  await expect(both.quantize(block(1))).rejects.toMatchObject({ code: 'tensor-mismatch' });
});
