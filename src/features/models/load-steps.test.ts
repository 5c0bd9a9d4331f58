import { describe, expect, it } from 'vitest';
import type { EngineProgress, LoadPhase } from '../../engine/progress';
import { advance, type LoadSteps, NO_STEPS, STEPS } from './load-steps';

const report = (phase: LoadPhase, bytesDone: number, bytesTotal = 100, progress = 0): EngineProgress => ({
  phase,
  bytesDone,
  bytesTotal,
  progress,
  text: 'text',
  timeElapsed: 0,
});

describe('load steps', () => {
  it('never fall while files are fetched and checked in turn', () => {
    let steps: LoadSteps = NO_STEPS;
    const reports = [
      report('download', 30),
      report('verify', 40),
      report('store', 40),
      report('download', 60),
      report('verify', 100),
      report('gpu', 10),
      report('gpu', 100),
      report('compile', 0, 0),
      report('tune', 0, 0),
      report('warmup', 0, 0),
      report('ready', 0, 0),
    ];
    for (const next of reports) {
      const after = advance(steps, next);
      for (const step of STEPS) expect(after.shares[step]).toBeGreaterThanOrEqual(steps.shares[step]);
      steps = after;
    }
    expect(Object.values(steps.shares)).toEqual([1, 1, 1, 1]);
    expect(steps.total).toBe(1);
  });

  it('keeps naming the download while it goes on, and skips it for a stored model', () => {
    expect(advance(advance(NO_STEPS, report('download', 30)), report('verify', 40)).current).toBe('download');
    const stored = advance(NO_STEPS, report('gpu', 50));
    expect(stored).toMatchObject({ current: 'gpu', shares: { download: 1, verify: 1, gpu: 0.5 } });
  });

  it('names what goes on with the kernels when the bytes are there, with a full bar', () => {
    for (const phase of ['compile', 'tune', 'warmup'] as const)
      expect(advance(NO_STEPS, report(phase, 0, 0))).toMatchObject({
        current: 'compile',
        shares: { download: 1, verify: 1, gpu: 1, compile: 1 },
      });
  });

  it('shows the sentence of an engine without phases', () => {
    expect(advance(NO_STEPS, report('library', 0, 0, 0.4))).toMatchObject({ total: 0.4, text: 'text' });
  });
});
