import { expect, it } from 'vitest';
import { BenchMeter } from './progress';
import type { BenchProgress } from './types';

const STEPS = [
  { step: { section: 'bandwidth' }, weight: 1 },
  { step: { section: 'load', shape: 'aquila-7b' }, weight: 3 },
  { step: { section: 'decode', shape: 'aquila-7b', tokens: 128 }, weight: 4 },
] as const;

it('tells how far it is and what the rest will take', () => {
  let now = 1000;
  const told: BenchProgress[] = [];
  const meter = new BenchMeter(
    STEPS,
    (progress) => told.push(progress),
    undefined,
    () => now,
  );
  for (const step of STEPS) {
    meter.begin(step);
    now += 500 * step.weight;
  }
  expect(told).toEqual([
    { fraction: 0, step: STEPS[0].step },
    { fraction: 0.125, step: STEPS[1].step, remainingMs: 3500 },
    { fraction: 0.5, step: STEPS[2].step, remainingMs: 2000 },
  ]);
});

it('ends between steps when it is cancelled', () => {
  const stop = new AbortController();
  const meter = new BenchMeter(STEPS, undefined, stop.signal);
  meter.begin(STEPS[0]);
  stop.abort();
  expect(() => meter.begin(STEPS[1])).toThrow('aborted');
});
