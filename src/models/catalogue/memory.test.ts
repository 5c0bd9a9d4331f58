import { describe, expect, test } from 'vitest';
import { CATALOGUE, catalogueModel } from './index';
import { memoryNeeded, packageBytes } from './memory';
import { AQUILA_7B, AQUILA2_34B, ZIYA_13B } from './shapes';
import { COMFORTABLE_SHARE, peakBytes, verdict } from './verdict';

const GIB = 2 ** 30;
const LARGE = { maxBufferBytes: 4 * GIB, maxBindingBytes: 4 * GIB };
const SMALL = { maxBufferBytes: 256 << 20, maxBindingBytes: 128 << 20 };
const ofAquila = (tokens: number) => memoryNeeded(AQUILA_7B, 'q4f16_1', tokens);

describe('memoryNeeded', () => {
  test('a 4-bit package takes 4.5 bits a weight, and norms 16', () => {
    // 7295537152 weights, of which 65 norms of 4096.
    const norms = 65 * 4096;
    expect(packageBytes(AQUILA_7B, 'q4f16_1')).toBe(((7_295_537_152 - norms) * 4.5) / 8 + norms * 2);
    expect(packageBytes(AQUILA_7B, 'q4f32_1')).toBe(((7_295_537_152 - norms) * 5) / 8 + norms * 4);
    expect(packageBytes(AQUILA_7B, 'q0f16')).toBe(7_295_537_152 * 2);
    expect(packageBytes(ZIYA_13B, 'q0f32')).toBe(13_091_886_080 * 4);
  });

  test('keys and values take what was computed elsewhere', () => {
    const table = 128 * 4;
    expect(ofAquila(2048).kvBytes).toBe(GIB + 2048 * table);
    expect(ofAquila(16_384).kvBytes).toBe(8 * GIB + 16_384 * table);
    expect(memoryNeeded(AQUILA2_34B, 'q4f16_1', 1).kvBytes).toBe(240 * 1024 + table);
    expect(memoryNeeded(ZIYA_13B, 'q4f16_1', 1).kvBytes).toBe(800 * 1024 + table);
  });

  test('a growing cache stands beside the one before', () => {
    expect(ofAquila(1024).growthBytes).toBe(0);
    expect(ofAquila(1025).growthBytes).toBe(ofAquila(1024).kvBytes);
    expect(ofAquila(2048).growthBytes).toBe(ofAquila(1024).kvBytes);
    expect(ofAquila(16_384).growthBytes).toBe(ofAquila(8192).kvBytes);
  });

  test('the largest buffer is the embedding, until the cache is', () => {
    expect(ofAquila(2048).largestBufferBytes).toBe((100_008 * 4096) / 2);
    expect(memoryNeeded(AQUILA_7B, 'q4f16_1', 65_536).largestBufferBytes).toBe(65_536 * 8192);
  });
});

describe('verdict', () => {
  const full = ofAquila(2048);

  test('without the size of the memory it is unknown, with the need', () => {
    expect(verdict(full, LARGE, undefined)).toEqual({
      verdict: 'unknown',
      reason: {
        key: 'memory-unknown',
        neededBytes: peakBytes(full),
        availableBytes: undefined,
        contextTokens: 2048,
      },
      bestContext: 2048,
    });
  });

  test('AquilaChat-7B at 4 bits: fits 8 GB, tight in 6 GB, too large for 4 GB', () => {
    expect(verdict(full, SMALL, 8 * GIB)).toMatchObject({
      verdict: 'fits',
      reason: { key: 'enough-memory' },
      bestContext: 2048,
    });
    const tight = verdict(full, SMALL, 6 * GIB);
    expect(tight).toMatchObject({ verdict: 'tight', reason: { key: 'shorter-context' } });
    expect(peakBytes(ofAquila(tight.bestContext))).toBeLessThanOrEqual(COMFORTABLE_SHARE * 6 * GIB);
    expect(peakBytes(ofAquila(tight.bestContext + 256))).toBeGreaterThan(COMFORTABLE_SHARE * 6 * GIB);
    expect(verdict(full, SMALL, 5 * GIB)).toMatchObject({
      verdict: 'tight',
      reason: { key: 'almost-all-memory', availableBytes: 5 * GIB },
    });
    expect(verdict(full, SMALL, 4 * GIB)).toMatchObject({
      verdict: 'too-large',
      reason: { key: 'too-little-memory', contextTokens: 1024 },
      bestContext: 0,
    });
  });

  test('buffers too small for the full context cut it', () => {
    const ziya = memoryNeeded(ZIYA_13B, 'q4f16_1', 16_384);
    const most = Math.floor((128 << 20) / (40 * 128 * 2));
    for (const memory of [undefined, 64 * GIB]) {
      expect(verdict(ziya, SMALL, memory)).toMatchObject({
        verdict: memory === undefined ? 'unknown' : 'fits',
        reason: { key: 'context-cut-by-adapter', contextTokens: most },
        bestContext: most,
      });
    }
    expect(verdict(ziya, undefined, undefined).bestContext).toBe(16_384);
  });

  test('more memory never makes it worse', () => {
    const order = ['too-large', 'tight', 'fits'];
    const { architecture } = catalogueModel('aquilachat2-7b-16k')!;
    const needed = memoryNeeded(architecture!, 'q4f16_1', 16_384);
    let before = { rank: 0, bestContext: 0 };
    for (let gib = 2; gib <= 32; gib += 0.5) {
      const { verdict: word, bestContext } = verdict(needed, SMALL, gib * GIB);
      const rank = order.indexOf(word);
      expect(rank).toBeGreaterThanOrEqual(before.rank);
      expect(bestContext).toBeGreaterThanOrEqual(before.bestContext);
      before = { rank, bestContext };
    }
    expect(before).toEqual({ rank: 2, bestContext: 16_384 });
  });

  test('every model of the catalogue works within the least that WebGPU promises', () => {
    for (const { architecture } of CATALOGUE) {
      if (!architecture) continue;
      const needed = memoryNeeded(architecture, 'q4f16_1', architecture.contextLength);
      expect(verdict(needed, SMALL, 256 * GIB).bestContext).toBe(architecture.contextLength);
    }
  });
});
