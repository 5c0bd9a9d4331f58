import { beforeAll, describe, expect, test } from 'vitest';
import type { BlockQuantizer, QuantizeBlock } from '../convert/block-quantizer';
import { quantizeBlock } from '../convert/quantize-block';
import { bytesIn, gaussian, hardGroups, seeded } from '../convert/test-groups';
import { testGpu } from '../gpu/test-gpu';
import { gpuQuantizer } from './gpu-quantizer';

const WIDTH = 96;
const importance = Uint8Array.from({ length: WIDTH }, (_, i) => 1 + ((i * 37) % 127));

/** Hard groups and random ones, in whole rows; f32 and bf16 reach beyond what f16 can hold only for f32 scales. */
function values(seed: number, isWide: boolean): number[] {
  const next = seeded(seed);
  const all = hardGroups(seed, 40);
  for (let group = 0; group < 200; group++) {
    const size = isWide ? 2 ** (next() * 250 - 140) : 2 ** (next() * 30 - 20);
    for (let i = 0; i < 32; i++) all.push(gaussian(next) * size);
  }
  return all.slice(0, Math.floor(all.length / WIDTH) * WIDTH);
}

describe('the GPU gives the bytes of the CPU', () => {
  let quantizer: BlockQuantizer;
  beforeAll(async () => {
    quantizer = gpuQuantizer(await testGpu());
  });

  const cases = (['plain', 'search'] as const).flatMap((rounding) =>
    (['float16', 'float32'] as const).flatMap((scales) =>
      (['F16', 'BF16', 'F32'] as const).map((dtype) => ({ rounding, scales, dtype })),
    ),
  );

  test.each(cases)('$rounding $scales $dtype', async ({ rounding, scales, dtype }) => {
    const isWide = scales === 'float32' && dtype !== 'F16';
    const bytes = bytesIn(dtype, values(11, isWide));
    const weightings = rounding === 'search' ? [undefined, importance] : [undefined];
    for (const weighting of weightings) {
      const block = (): QuantizeBlock => ({
        bytes: bytes.slice(),
        dtype,
        width: WIDTH,
        scales,
        rounding,
        importance: weighting,
      });
      const found = await quantizer.quantize(block());
      expect(found).toEqual(quantizeBlock(block()));
      expect(found.badGroup).toBe(-1);
    }
  });

  test('tells the first group that is not finite or overflows f16', async () => {
    const bad: [QuantizeBlock['dtype'], number, number][] = [
      ['F16', 2, 0x7c00],
      ['F16', 2, 0xfe01],
      ['BF16', 2, 0x7f80],
      ['BF16', 2, 0x4780], // 65536
      ['F32', 4, 0x477ff000], // 65520
      ['F32', 4, 0xffc00000],
    ];
    for (const [dtype, size, bits] of bad) {
      for (const rounding of ['plain', 'search'] as const) {
        const all = size === 2 ? new Uint16Array(160) : new Uint32Array(160);
        all[70] = all[150] = bits;
        const block = { dtype, width: 32, scales: 'float16', rounding } as const;
        const bytes = () => new Uint8Array(all.slice().buffer);
        expect((await quantizer.quantize({ ...block, bytes: bytes() })).badGroup).toBe(2);
        expect(quantizeBlock({ ...block, bytes: bytes() }).badGroup).toBe(2);
      }
    }
  });

  test('blocks larger than a slot and more blocks than slots', async () => {
    const next = seeded(12);
    const halves = new Uint16Array(32 * 65537); // zeros, which are quick, but around the seam
    for (let i = 32 * 65500; i < halves.length; i++) halves[i] = next() * 0x3c00;
    const block = (): QuantizeBlock => ({
      bytes: new Uint8Array(halves.slice().buffer),
      dtype: 'F16',
      width: 65537 * 32,
      scales: 'float16',
      rounding: 'search',
    });
    const small = (seed: number): QuantizeBlock => ({
      bytes: bytesIn('F16', hardGroups(seed, 3)),
      dtype: 'F16',
      width: 32,
      scales: 'float16',
      rounding: 'plain',
    });
    const [large, ...others] = await Promise.all([
      quantizer.quantize(block()),
      ...[1, 2, 3, 4].map((seed) => quantizer.quantize(small(seed))),
    ]);
    expect(others).toEqual([1, 2, 3, 4].map((seed) => quantizeBlock(small(seed))));
    const wanted = quantizeBlock(block());
    const isSame = (a: ArrayBufferView<ArrayBuffer>, b: ArrayBufferView<ArrayBuffer>) =>
      Buffer.from(a.buffer).equals(Buffer.from(b.buffer));
    expect(isSame(large!.words, wanted.words) && isSame(large!.scales, wanted.scales)).toBe(true);
  });

  test('disposing rejects what is under way and what comes', async () => {
    const own = gpuQuantizer(await testGpu());
    const block = (): QuantizeBlock => ({
      bytes: bytesIn('F16', hardGroups(1, 3)),
      dtype: 'F16',
      width: 32,
      scales: 'float16',
      rounding: 'plain',
    });
    const waiting = Promise.allSettled(Array.from({ length: 5 }, () => own.quantize(block())));
    own.dispose();
    const ends = await waiting;
    expect(ends.every((end) => end.status === 'rejected' && end.reason.code === 'aborted')).toBe(true);
    await expect(own.quantize(block())).rejects.toMatchObject({ code: 'aborted' });
  });
});
