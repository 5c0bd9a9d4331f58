import { describe, expect, test } from 'vitest';
import { commonPrefix, leastRecent, planResume, type SequenceView } from './sequences';

/** Ids `from`, `from` + 1, ...: texts with different starts share nothing. */
const text = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
const A = 10_000;
const B = 20_000;
const C = 30_000;

let clock = 0;
const sequence = (tokens: number[], cached = tokens.length): SequenceView => {
  clock += 1;
  return { tokens, cached, usedAt: clock };
};

describe('what a prompt goes on with', () => {
  test('a follow-up works in place and keeps all', () => {
    const old = sequence(text(A, 500));
    const plan = planResume([old, sequence(text(B, 900))], [...text(A, 500), ...text(C, 40)], true);
    expect(plan).toEqual({ target: 0, source: undefined, kept: 500 });
  });

  test('counts only what is cached: the last token drawn is not', () => {
    const plan = planResume([sequence(text(A, 500), 499)], [...text(A, 500), ...text(C, 40)], true);
    expect(plan).toEqual({ target: 0, source: undefined, kept: 499 });
  });

  test('the same prompt again keeps all but its last token', () => {
    expect(planResume([sequence(text(A, 300))], text(A, 300), true)).toEqual({
      target: 0,
      source: undefined,
      kept: 299,
    });
  });

  test('a regeneration replaces a short answer and keeps a long one', () => {
    const prompt = text(A, 300);
    const short = sequence([...prompt, ...text(B, 64)]);
    expect(planResume([short], prompt, true)).toEqual({ target: 0, source: undefined, kept: 299 });
    const long = sequence([...prompt, ...text(B, 65)]);
    expect(planResume([long], prompt, true)).toEqual({ target: undefined, source: 0, kept: 299 });
  });

  test('an edited message branches off', () => {
    const branch = [...text(A, 200), ...text(C, 30)];
    expect(planResume([sequence(text(A, 900))], branch, true)).toEqual({
      target: undefined,
      source: 0,
      kept: 200,
    });
  });

  test('another conversation starts afresh rather than copy a few tokens', () => {
    const other = [...text(A, 15), ...text(C, 300)];
    expect(planResume([sequence(text(A, 900))], other, true)).toEqual({
      target: undefined,
      source: undefined,
      kept: 0,
    });
  });

  test('the longest prefix wins, and of equals the one that loses less', () => {
    const shorter = sequence(text(A, 400));
    const longer = sequence([...text(A, 500), ...text(B, 50)]);
    const plan = planResume([shorter, longer], [...text(A, 500), ...text(C, 9)], true);
    expect(plan).toEqual({ target: 1, source: undefined, kept: 500 });
    const [first, second] = [40, 20].map((more) => sequence([...text(A, 500), ...text(B, more)]));
    expect(planResume([first!, second!], [...text(A, 500), ...text(C, 9)], true).target).toBe(1);
  });
});

describe('what is given up when there is no room', () => {
  test('the sequence unused for longest', () => {
    const sequences = [sequence(text(B, 500)), sequence(text(C, 500)), sequence(text(A, 500))];
    const branch = [...text(A, 100), 1, 2, 3];
    expect(planResume(sequences, branch, false)).toEqual({ target: 0, source: 2, kept: 100 });
  });

  test('the end of the sequence itself when that is less than any other', () => {
    const sequences = [sequence(text(B, 5000)), sequence([...text(A, 500), ...text(C, 100)])];
    expect(planResume(sequences, [...text(A, 500), 1], false)).toEqual({
      target: 1,
      source: undefined,
      kept: 500,
    });
  });

  test('an older version that shares most of its text rather than another conversation', () => {
    const other = sequence(text(B, 400));
    const version = sequence([...text(A, 1000), ...text(C, 100)]);
    const latest = sequence([...text(A, 1000), ...text(C + 5000, 300)]);
    const plan = planResume([other, version, latest], [...text(A, 1000), 1, 2], false);
    expect(plan).toEqual({ target: 1, source: undefined, kept: 1000 });
  });

  test('never the sequence in use', () => {
    const sequences = [sequence(text(A, 5)), sequence(text(B, 5)), sequence(text(C, 5))];
    expect(leastRecent(sequences, 0)).toBe(1);
    expect(leastRecent(sequences.slice(0, 1), 0)).toBeUndefined();
  });
});

test('a plan never keeps what is not shared, nor all of the prompt, and source and target make sense', () => {
  let state = 99;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const randomText = () => {
    const shared = random(120);
    return [...text(A, shared), ...text(B + 1000 * random(3), random(200))];
  };
  for (let round = 0; round < 500; round++) {
    const sequences = Array.from({ length: 1 + random(4) }, () => {
      const tokens = randomText();
      return { ...sequence(tokens), cached: Math.max(0, tokens.length - random(3)) };
    });
    const ids = [...randomText(), 1];
    const { target, source, kept } = planResume(sequences, ids, random(2) === 0);
    expect(kept).toBeLessThan(ids.length);
    const holder = source ?? target;
    if (kept > 0) {
      const { tokens, cached } = sequences[holder!]!;
      expect(Math.min(cached, commonPrefix(tokens, ids))).toBeGreaterThanOrEqual(kept);
    }
    if (source !== undefined) expect(source).not.toBe(target);
  }
});
