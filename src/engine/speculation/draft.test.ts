import { describe, expect, it } from 'vitest';
import { DRAFT_TOKENS, type Draft, DraftIndex, LONGEST_MATCH } from './draft';

const indexOf = (ids: readonly number[]) => {
  const index = new DraftIndex();
  index.sync(ids);
  return index;
};

describe('drafts', () => {
  it('continue as the text went on before', () => {
    expect(indexOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3]).draft()).toEqual({
      ids: [4, 5, 6, 7, 8, 9, 1],
      matched: 3,
    });
  });

  it('follow the longest run, and of equally long ones the latest', () => {
    const text = [1, 2, 3, 4, 50, 0, 3, 4, 60, 0, 3, 4, 70, 0, 1, 2, 3, 4];
    expect(indexOf(text).draft()?.ids[0]).toBe(50);
    expect(indexOf(text.slice(0, -4).concat(3, 4)).draft()?.ids[0]).toBe(70);
  });

  it('do without a match of two tokens', () => {
    expect(indexOf([]).draft()).toBeUndefined();
    expect(indexOf([7]).draft()).toBeUndefined();
    expect(indexOf([7, 7]).draft()).toBeUndefined();
    expect(indexOf([1, 2, 3, 9, 3]).draft()).toBeUndefined();
  });

  it('go on around a loop', () => {
    expect(indexOf([7, 7, 7]).draft()).toEqual({ ids: [7, 7, 7, 7, 7, 7, 7], matched: 2 });
    expect(indexOf([9, 1, 2, 3, 1, 2, 3]).draft()?.ids).toEqual([1, 2, 3, 1, 2, 3, 1]);
  });

  it('measure a match no further than needed', () => {
    const part = Array.from({ length: 30 }, (_, i) => i);
    expect(indexOf([...part, ...part]).draft()?.matched).toBe(LONGEST_MATCH);
  });

  it('know nothing of what was cut off, and again of what it hid', () => {
    const index = indexOf([1, 2, 10, 0, 1, 2, 20, 0, 1, 2]);
    expect(index.draft()?.ids[0]).toBe(20);
    index.truncate(4);
    index.push(1);
    index.push(2);
    expect(index.draft()?.ids[0]).toBe(10);
    index.truncate(0);
    expect(index.length).toBe(0);
    expect(index.draft()).toBeUndefined();
  });
});

it('agrees with a plain search through any text, however it came about', () => {
  const next = random(11);
  for (let round = 0; round < 40; round++) {
    const alphabet = 2 + next(6);
    const index = new DraftIndex();
    let text: number[] = [];
    for (let step = 0; step < 60; step++) {
      const what = next(10);
      if (what === 0) {
        text = text.slice(0, next(text.length + 1));
        index.truncate(text.length);
      } else if (what === 1) {
        // Another sequence that shares its beginning with this one.
        text = text
          .slice(0, next(text.length + 1))
          .concat(Array.from({ length: next(9) }, () => next(alphabet)));
        index.sync(text);
      } else {
        const id = next(alphabet) * 40_000;
        text = [...text, id];
        index.push(id);
      }
      expect(index.draft()).toEqual(naive(text));
      expect(index.length).toBe(text.length);
    }
  }
});

/** Looks at every place, latest first. */
function naive(text: readonly number[]): Draft | undefined {
  for (const run of [4, 3, 2]) {
    const wanted = text.slice(-run).join();
    for (let end = text.length - 1; text.length >= run && end >= run; end--) {
      if (text.slice(end - run, end).join() !== wanted) continue;
      const whole = [...text];
      for (let step = 0; step < DRAFT_TOKENS; step++) whole.push(whole[end + step]!);
      let matched = run;
      while (matched < LONGEST_MATCH && matched < end && text.at(-1 - matched) === text[end - 1 - matched])
        matched += 1;
      return { ids: whole.slice(text.length), matched };
    }
  }
  return undefined;
}

/** Whole numbers in [0, below). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
