import { expect, it } from 'vitest';
import { Acceptance } from './acceptance';
import { DRAFT_TOKENS, type Draft } from './draft';

const draftOf = (ids: readonly number[], matched = 4): Draft => ({ ids, matched });
const SEVEN = [1, 2, 3, 4, 5, 6, 7];

it('starts with chances that fall from token to token and rise with the match', () => {
  const acceptance = new Acceptance();
  for (const matched of [2, 3, 5, 8, 16]) {
    const chances = acceptance.chances(matched);
    expect(chances.length).toBe(DRAFT_TOKENS);
    for (const [step, chance] of chances.entries()) {
      expect(chance).toBeGreaterThan(0);
      expect(chance).toBeLessThan(chances[step - 1] ?? 1);
    }
  }
  expect(acceptance.chances(16)[0]).toBeGreaterThan(acceptance.chances(2)[0]!);
});

it('learns each step from the drafts that got there', () => {
  const acceptance = new Acceptance();
  for (let round = 0; round < 200; round++) {
    // Right twice, then wrong.
    acceptance.restart();
    acceptance.observe(0, draftOf(SEVEN));
    for (const id of [1, 2, 99, 98]) acceptance.observe(id, undefined);
  }
  const [first, second, third] = acceptance.chances(4);
  expect(first).toBeGreaterThan(0.97);
  expect(second).toBeGreaterThan(0.95);
  expect(third).toBeLessThan(0.05);
  expect(acceptance.chances(2)).toEqual(new Acceptance().chances(2));
});

it('watches drafts that overlap, and none across a restart', () => {
  const acceptance = new Acceptance();
  acceptance.observe(0, draftOf(SEVEN, 2));
  acceptance.observe(1, draftOf([50, 51, 52, 53, 54, 55, 56], 3));
  acceptance.observe(2, undefined);
  const fresh = new Acceptance();
  expect(acceptance.chances(2)[0]).toBeGreaterThan(fresh.chances(2)[0]!);
  expect(acceptance.chances(3)[0]).toBeLessThan(fresh.chances(3)[0]!);
  const before = acceptance.chances(2);
  acceptance.restart();
  acceptance.observe(99, undefined);
  expect(acceptance.chances(2)).toEqual(before);
});

it('forgets what is long ago', () => {
  const acceptance = new Acceptance();
  const draw = (id: number) => {
    acceptance.restart();
    acceptance.observe(0, draftOf(SEVEN));
    acceptance.observe(id, undefined);
  };
  for (let round = 0; round < 500; round++) draw(1);
  for (let round = 0; round < 150; round++) draw(99);
  expect(acceptance.chances(4)[0]).toBeLessThan(0.1);
});
