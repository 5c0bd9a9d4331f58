import { describe, expect, it } from 'vitest';
import { fromHalf, toHalf } from '../../core/half';
import { ggufHeader, paddingAfter } from './gguf';
import { Q4_0_BLOCK_BYTES, q4ZeroBlocks } from './q4-0';

describe('Q4_0 blocks', () => {
  it('say the same values for every code and both signs of the scale', () => {
    const scales = Uint16Array.of(toHalf(0.037), toHalf(-1.5)); // [2 groups]
    const codes = Array.from({ length: 64 }, (_, i) => (i * 7 + (i >> 4)) % 16); // [2 groups, 32]
    const words = new Uint32Array(8);
    codes.forEach((code, i) => {
      words[i >> 3] = (words[i >> 3]! | (code << (4 * (i % 8)))) >>> 0;
    });
    const blocks = q4ZeroBlocks(words, scales);
    expect(blocks.length).toBe(2 * Q4_0_BLOCK_BYTES);
    codes.forEach((code, i) => {
      const block = blocks.subarray((i >> 5) * Q4_0_BLOCK_BYTES);
      const d = fromHalf(block[0]! | (block[1]! << 8));
      const byte = block[2 + (i % 16)]!;
      const nibble = i % 32 < 16 ? byte & 15 : byte >> 4;
      // Adding zero makes both zeros the same.
      expect((nibble - 8) * d + 0).toBe((code - 7) * fromHalf(scales[i >> 5]!) + 0);
    });
  });
});

describe('GGUF header', () => {
  it('is aligned and counts what it holds', () => {
    const header = ggufHeader(
      { 'general.architecture': { type: 'string', value: 'llama' }, n: { type: 'u32', value: 7 } },
      [
        { name: 'a', shape: [3], type: 'f32', sizeBytes: 12 },
        { name: 'b', shape: [32, 1], type: 'q4_0', sizeBytes: 18 },
      ],
    );
    const view = new DataView(header.buffer);
    expect(new TextDecoder().decode(header.subarray(0, 4))).toBe('GGUF');
    expect(view.getUint32(4, true)).toBe(3);
    expect(view.getBigUint64(8, true)).toBe(2n);
    expect(view.getBigUint64(16, true)).toBe(2n);
    expect(header.length % 32).toBe(0);
    // The second tensor's data start after the first's, padded.
    const name = header.lastIndexOf('b'.charCodeAt(0));
    expect(view.getBigUint64(name + 1 + 4 + 16 + 4, true)).toBe(32n);
    expect(paddingAfter(12)).toBe(20);
  });
});
