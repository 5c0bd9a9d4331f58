import { describe, expect, it } from 'vitest';
import { observe, type PaceState, paceOf, STALL_MS, startPace } from './pace';

const TOTAL = 1_000_000_000;

/** Feeds a report per entry of `bytesPerStep`, `stepMs` apart. */
function run(
  bytesPerStep: readonly number[],
  stepMs: number,
  doneBytes = 0,
): { state: PaceState; now: number } {
  let done = doneBytes;
  let now = 5_000;
  let state = startPace({ phase: 'download', bytes: done, share: done / TOTAL }, now);
  for (const more of bytesPerStep) {
    done += more;
    now += stepMs;
    state = observe(state, { phase: 'download', bytes: done, share: done / TOTAL }, now);
  }
  return { state, now };
}

describe('pace', () => {
  it('finds an even speed and the time left', () => {
    const { state, now } = run(Array(40).fill(10_000_000), 500);
    const pace = paceOf(state, now);
    expect(pace.bytesPerSecond).toBeCloseTo(20_000_000, -2);
    expect(pace.remainingMs).toBeCloseTo(30_000, -1);
    expect(pace.isStalled).toBe(false);
  });

  it('does not count what an earlier run has done', () => {
    const { state, now } = run(Array(20).fill(1_000_000), 1000, 900_000_000);
    const pace = paceOf(state, now);
    expect(pace.bytesPerSecond).toBeCloseTo(1_000_000, -2);
    expect(pace.remainingMs).toBeCloseTo(80_000, -1);
  });

  it('says nothing before it knows anything', () => {
    const { state, now } = run([1_000_000], 500);
    expect(paceOf(state, now)).toEqual({
      bytesPerSecond: undefined,
      remainingMs: undefined,
      isStalled: false,
    });
  });

  it('stays near the mean when data come in bursts', () => {
    const { state, now } = run(Array(60).fill([0, 0, 0, 40_000_000]).flat().slice(0, 60), 250);
    expect(paceOf(state, now).bytesPerSecond).toBeGreaterThan(30_000_000);
    expect(paceOf(state, now).bytesPerSecond).toBeLessThan(50_000_000);
  });

  it('sinks while nothing arrives, and then says that it stands still', () => {
    const { state, now } = run(Array(40).fill(10_000_000), 500);
    const before = paceOf(state, now);
    const later = paceOf(state, now + 10_000);
    expect(later.bytesPerSecond).toBeLessThan(before.bytesPerSecond! * 0.7);
    expect(later.remainingMs).toBeGreaterThan(before.remainingMs!);
    expect(later.isStalled).toBe(false);
    expect(paceOf(state, now + STALL_MS).isStalled).toBe(true);
  });

  it('stands still on reports without progress, and moves again with the next byte', () => {
    const { state, now } = run([10_000_000, ...Array(25).fill(0)], 1000);
    expect(paceOf(state, now).isStalled).toBe(true);
    const next = observe(state, { phase: 'download', bytes: 11_000_000, share: 0.011 }, now + 100);
    expect(paceOf(next, now + 100).isStalled).toBe(false);
  });

  it('does not stand still while bytes come in that are not yet counted', () => {
    const { state, now } = run([10_000_000, ...Array(25).fill(0)], 1000);
    const heard = { phase: 'download', bytes: state.lastBytes, share: state.lastShare, heardAt: now - 500 };
    expect(paceOf(observe(state, heard, now), now).isStalled).toBe(false);
  });

  it('measures another phase anew, and never takes a falling count for speed', () => {
    const { state, now } = run(Array(20).fill(10_000_000), 500);
    const next = observe(state, { phase: 'verify', bytes: 5, share: 0.3 }, now + 500);
    expect(paceOf(next, now + 500).bytesPerSecond).toBeUndefined();
    expect(paceOf(next, now + 500).remainingMs).toBeGreaterThan(0);
    const fallen = observe(next, { phase: 'verify', bytes: 0, share: 0.1 }, now + 3500);
    expect(paceOf(fallen, now + 3500).bytesPerSecond).toBe(0);
    expect(fallen.lastShare).toBe(0.3);
  });
});
