/** The policy on simulated adapters: what guessing ahead gains where a pass is cheap, and may cost where it is not. */
import { describe, expect, it } from 'vitest';
import { Speculator } from './speculator';

/** Milliseconds of a pass by columns, of a plain token, and of the bubble whenever the pipeline runs dry. */
interface Adapter {
  readonly pass: (columns: number) => number;
  readonly plain: number;
  readonly bubble: number;
}

const READING: Adapter = { plain: 20, bubble: 1, pass: (columns) => 20 * (1 + 0.028 * columns) + 1 };
const COUNTING: Adapter = { plain: 200, bubble: 2, pass: (columns) => 200 * columns + 2 };
const FAST: Adapter = { plain: 2, bubble: 1.5, pass: (columns) => 2 * (1.1 + 0.05 * columns) + 1.5 };

/** Plays the token loop over a text that is already known, from `start` on, and says how long it took. */
function play(
  speculator: Speculator,
  adapter: Adapter,
  text: readonly number[],
  start: number,
  lookAhead = 1,
) {
  const next = random(5);
  const shaken = (ms: number) => ms * (0.95 + next(100) / 1000);
  const figures = { ms: 0, passes: 0 };
  speculator.start(text.slice(0, start), 'auto');
  let submitted = start;
  let isFilled = false;
  for (let at = start; at < text.length; ) {
    const inFlight = submitted - at;
    const draft = speculator.draft(inFlight, text.length - at - 1);
    if (draft.length > 0 && inFlight === 0) {
      let accepted = 0;
      while (accepted < draft.length && draft[accepted] === text[at + accepted]) accepted += 1;
      const ms = shaken(adapter.pass(draft.length + 1));
      figures.ms += ms;
      figures.passes += 1;
      speculator.reportPass(draft.length, ms, accepted + 1);
      for (let step = 0; step <= accepted; step++) speculator.push(text[at++]!);
      submitted = at;
      isFilled = false;
      continue;
    }
    if (draft.length === 0) submitted = Math.min(text.length, at + 1 + lookAhead);
    const ms = shaken(adapter.plain) + (isFilled ? 0 : adapter.bubble);
    figures.ms += ms;
    speculator.reportPlain(ms, isFilled);
    speculator.push(text[at++]!);
    isFilled = submitted > at;
  }
  return { ...figures, ...speculator.figures, ratio: figures.ms / ((text.length - start) * adapter.plain) };
}

/** No two tokens follow each other twice, nearly. */
const prose = (length: number, seed: number) => {
  const next = random(seed);
  return Array.from({ length }, () => next(3000));
};

/** Prose that quotes 40 tokens of what came before for every `every` new ones. */
function quoting(length: number, every: number, seed: number): number[] {
  const next = random(seed);
  const text = prose(400, seed + 1);
  while (text.length < length) {
    text.push(...prose(every, text.length + seed));
    const from = next(text.length - 40);
    text.push(...text.slice(from, from + 40));
  }
  return text.slice(0, length);
}

/** Prose of few words, in which pairs repeat often and mean little. */
const babble = (length: number) => {
  const next = random(77);
  return Array.from({ length }, () => Math.min(next(40), next(40), next(40)));
};

describe('where a pass costs hardly more than a token', () => {
  it('is much faster on text that repeats', () => {
    const { ratio, draftedTokens, acceptedTokens } = play(
      new Speculator(),
      READING,
      quoting(3000, 10, 1),
      400,
    );
    expect(ratio).toBeLessThan(0.5);
    expect(acceptedTokens / draftedTokens).toBeGreaterThan(0.6);
    expect(play(new Speculator(), FAST, quoting(3000, 10, 1), 400, 2).ratio).toBeLessThan(0.6);
  });

  it('gains something where little repeats, and loses nothing where nothing does', () => {
    expect(play(new Speculator(), READING, quoting(4000, 200, 2), 400).ratio).toBeLessThan(0.92);
    expect(play(new Speculator(), READING, prose(2000, 3), 200).ratio).toBeLessThan(1.01);
    expect(play(new Speculator(), READING, babble(2000), 200).ratio).toBeLessThan(1.01);
    expect(play(new Speculator(), FAST, babble(2000), 200, 2).ratio).toBeLessThan(1.03);
  });
});

describe('where every column costs a token', () => {
  it('loses about two hundredths, whatever the text', () => {
    for (const text of [quoting(3000, 10, 4), quoting(3000, 100, 5), prose(2600, 6), babble(2600)]) {
      const { ratio, passes } = play(new Speculator(), COUNTING, text, 400);
      expect(ratio).toBeLessThan(1.02);
      expect(passes).toBeLessThan(12);
    }
  });

  it('loses no more than its credit at the beginning', () => {
    const { ms } = play(new Speculator(), COUNTING, quoting(600, 10, 7), 400);
    expect(ms / COUNTING.plain - 200).toBeLessThan(5 + 0.02 * 200);
  });
});

it('notices when passes become cheap, and when they become dear', () => {
  const speculator = new Speculator();
  play(speculator, COUNTING, quoting(1500, 10, 8), 400);
  expect(
    play(speculator, { ...READING, plain: 200, pass: () => 260 }, quoting(6400, 10, 9), 400).ratio,
  ).toBeLessThan(0.8);
  expect(play(speculator, COUNTING, quoting(3000, 10, 10), 400).ratio).toBeLessThan(1.03);
});

it('is not put off for long by one pass during which the machine slept', () => {
  let passes = 0;
  const pass = (columns: number) => (++passes === 6 ? 10_000 : READING.pass(columns));
  const { ms } = play(new Speculator(), { ...READING, pass }, quoting(4000, 10, 11), 400);
  expect((ms - 10_000) / (3600 * READING.plain)).toBeLessThan(0.75);
});

it('checks every match when told to, as much of it as there is room for', () => {
  const speculator = new Speculator();
  speculator.start([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2], 'always');
  expect(speculator.draft(0, 20)).toEqual([3, 4, 5, 6, 7, 8, 9]);
  expect(speculator.draft(0, 2)).toEqual([3, 4]);
  expect(speculator.draft(0, 0)).toEqual([]);
  speculator.push(44);
  expect(speculator.draft(0, 20)).toEqual([]);
});

/** Whole numbers in [0, below). */
function random(seed: number): (below: number) => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
