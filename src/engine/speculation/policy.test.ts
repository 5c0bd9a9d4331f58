import { beforeEach, expect, it } from 'vitest';
import { SpeculationPolicy } from './policy';

const SURE = [0.95, 0.9, 0.86, 0.81, 0.77, 0.74, 0.7];
const EVEN = [0.5, 0.25, 0.125, 0.06, 0.03, 0.015, 0.008];
const FAINT = [0.1, 0.01, 0.001, 0, 0, 0, 0];

let policy: SpeculationPolicy;
beforeEach(() => {
  policy = new SpeculationPolicy();
});

const plain = (count: number, ms = 10) => {
  for (let i = 0; i < count; i++) policy.reportPlain(ms);
};
/** The first pass counts as warm-up. */
const measure = (columns: number, ms: number) => {
  policy.reportPass(columns, ms, 1);
  policy.reportPass(columns, ms, columns);
};

it('knows nothing before a plain token was measured', () => {
  expect(policy.decide(SURE, 0)).toBe(0);
});

it('tries a narrow pass first, and only on a promising guess', () => {
  plain(5);
  expect(policy.decide(EVEN, 0)).toBe(0);
  expect(policy.decide(SURE, 0)).toBe(3);
  expect(policy.decide(SURE.slice(0, 2), 0)).toBe(2);
  expect(policy.decide([], 0)).toBe(0);
});

it('takes the width that gives most tokens for its time', () => {
  plain(50);
  measure(4, 12);
  expect(policy.decide(SURE, 0)).toBe(7);
  expect(policy.decide(EVEN, 0)).toBeGreaterThan(0);
  expect(policy.decide(EVEN, 0)).toBeLessThan(7);
  expect(policy.decide(FAINT, 0)).toBeLessThanOrEqual(1);
  // The widest pass falls off a cliff on this adapter.
  measure(8, 90);
  expect(policy.decide(SURE, 0)).toBeLessThan(7);
});

it('leaves it where every column costs a token', () => {
  plain(50);
  measure(4, 40);
  for (const chances of [SURE, EVEN, FAINT]) expect(policy.decide(chances, 0)).toBe(0);
});

it('wants more before it empties the pipeline than when that has happened', () => {
  plain(50);
  for (let i = 0; i < 4; i++) policy.reportRestart(14);
  measure(4, 19);
  measure(2, 15);
  plain(300);
  const chances = [0.5, 0.3, 0.2];
  expect(policy.decide(chances, 0)).toBe(2);
  expect(policy.decide(chances, 1)).toBe(0);
  expect(policy.decide(SURE, 1)).toBeGreaterThan(0);
  expect(policy.decide(SURE, 7)).toBe(0);
});

it('stops when the account is empty, and begins again when plain tokens have filled it', () => {
  plain(50);
  measure(4, 12);
  expect(policy.decide(SURE, 0)).toBeGreaterThan(0);
  for (let i = 0; i < 60; i++) policy.reportPass(4, 12, 1);
  expect(policy.decide(SURE, 0)).toBe(0);
  plain(700);
  expect(policy.decide(SURE, 0)).toBeGreaterThan(0);
});

it('asks again when what it knows is old', () => {
  plain(50);
  measure(4, 40);
  plain(1900);
  expect(policy.decide(SURE, 0)).toBe(0);
  plain(150);
  expect(policy.decide(SURE, 0)).toBe(3);
});

it('takes a pause of the machine for what it is', () => {
  plain(50);
  measure(4, 12);
  policy.reportPass(4, 60_000, 4);
  plain(500);
  expect(policy.decide(SURE, 0)).toBeGreaterThan(0);
  plain(1, 60_000);
  plain(30);
  measure(4, 40);
  measure(4, 40);
  measure(4, 40);
  expect(policy.decide(EVEN, 0)).toBe(0);
});
