import { describe, expect, it } from 'vitest';
import { ChunkPace, type ChunkPaceOptions, TokenPace } from './pace';

const pace = (options: Partial<ChunkPaceOptions> = {}) =>
  new ChunkPace({ isSoftware: false, layers: 32, most: 512, few: 8, ...options });

/** Reports submits of a device that needs `perToken` ms per layer and token, until the estimate has settled. */
function learn(subject: ChunkPace, perToken: number): void {
  for (let i = 0; i < 12; i++) subject.report(128, 4, 4 * 128 * perToken);
}

describe('ChunkPace', () => {
  it('begins with a small chunk, layer by layer', () => {
    expect(pace().size).toBe(128);
    expect(pace({ most: 40 }).size).toBe(40);
    expect(pace({ layers: 3 }).cuts(128)).toEqual([1, 2, 3]);
  });

  it('fills a frame on a fast GPU and cuts the chunk by layers', () => {
    const subject = pace();
    learn(subject, 0.002); // 1 ms per layer of 512 tokens
    expect(subject.size).toBe(512);
    const cuts = subject.cuts(512);
    expect(cuts.at(-1)).toBe(32);
    const longest = Math.max(...cuts.map((to, i) => to - (cuts[i - 1] ?? 0)));
    expect(longest * 512 * 0.002).toBeLessThanOrEqual(15);
    expect(cuts.length).toBe(3);
  });

  it('takes whole tiles, fewer the slower the GPU, and never less than one tile and one layer', () => {
    const subject = pace();
    learn(subject, 0.1); // 15 ms for a layer of 150 tokens
    expect(subject.size).toBe(128);
    learn(subject, 3);
    expect(subject.size).toBe(64);
    expect(subject.cuts(64).length).toBe(32);
  });

  it('lets a software adapter work half a second at a time', () => {
    const subject = pace({ isSoftware: true });
    learn(subject, 0.5);
    expect(subject.size).toBe(512);
    expect(subject.cuts(512).length).toBe(16 * 2);
    expect(subject.cuts(64).length).toBe(3);
  });

  it('keeps chunks of a few tokens apart, whose cost does not depend on their number', () => {
    const subject = pace();
    learn(subject, 0.002);
    expect(subject.cuts(8).length).toBe(32);
    subject.report(2, 32, 32);
    expect(subject.cuts(8)).toEqual([10, 21, 32]);
    expect(subject.size).toBe(512);
  });

  it('counts a part of a tile as a tile', () => {
    const subject = pace();
    subject.report(20, 1, 6.4);
    expect(subject.cuts(20)).toEqual(subject.cuts(64));
    expect(subject.size).toBe(128);
  });
});

describe('TokenPace', () => {
  it('looks two tokens ahead where tokens are short, and spreads long ones over submits', () => {
    const subject = new TokenPace({ isSoftware: false });
    expect([subject.lookAhead, subject.submits(32), subject.submits(2)]).toEqual([1, 4, 2]);
    subject.report(5);
    expect([subject.lookAhead, subject.submits(32)]).toEqual([2, 1]);
    for (let i = 0; i < 40; i++) subject.report(60);
    expect([subject.lookAhead, subject.submits(32)]).toEqual([1, 4]);
  });

  it('leaves the tokens of a processor whole, unless one takes as long as a chunk may', () => {
    const subject = new TokenPace({ isSoftware: true });
    subject.report(300);
    expect([subject.lookAhead, subject.submits(32)]).toEqual([1, 1]);
    for (let i = 0; i < 40; i++) subject.report(1400);
    expect(subject.submits(32)).toBe(3);
  });
});
