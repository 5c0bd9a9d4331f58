import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { md5Hex, md5HexInSteps, sha256Hex } from './hash';

test('hashes agree with OpenSSL at every length around a block', async () => {
  for (const length of [0, 1, 3, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, 70_001]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255);
    expect(md5Hex(bytes)).toBe(createHash('md5').update(bytes).digest('hex'));
    expect(await sha256Hex(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
    const inside = new Uint8Array(length + 7);
    inside.set(bytes, 5);
    expect(md5Hex(inside.subarray(5, 5 + length))).toBe(md5Hex(bytes));
  }
});

test('MD5 in steps is MD5', async () => {
  for (const length of [0, 70, 4 << 20, (9 << 20) + 5]) {
    const bytes = new Uint8Array(length).fill(7);
    bytes[length >> 1] = 1;
    expect(await md5HexInSteps(bytes)).toBe(createHash('md5').update(bytes).digest('hex'));
  }
});
