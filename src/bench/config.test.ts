import { expect, it } from 'vitest';
import { AppError } from '../core/errors';
import { benchPace, checkBenchConfig, DEFAULT_BENCH_CONFIG, QUICK_BENCH_CONFIG } from './config';
import { shapeSteps } from './shape-steps';
import type { BenchConfig } from './types';

const refusal = (config: Partial<Record<keyof BenchConfig, unknown>>) => {
  try {
    checkBenchConfig({ ...DEFAULT_BENCH_CONFIG, ...config } as BenchConfig);
  } catch (error) {
    const { code, details } = AppError.from(error);
    return `${code} ${details.parameter}`;
  }
  return 'accepted';
};

it('accepts the defaults and refuses what has no sense', () => {
  expect(refusal({})).toBe('accepted');
  expect(refusal(QUICK_BENCH_CONFIG)).toBe('accepted');
  expect(refusal({ layers: 60, shapes: ['aquila2-34b'] })).toBe('accepted');
  const refused = {
    shapes: [[], ['llama-7b']],
    sections: [[], ['warp']],
    layers: [0, 33, 1.5, Number.NaN],
    rounds: [0, -1, 1e9],
    contexts: [[128, 0], [1e9]],
    prefillLengths: [[0], [2.5]],
  };
  for (const [parameter, values] of Object.entries(refused)) {
    for (const value of values) {
      expect(refusal({ [parameter]: value })).toBe(`parameter-out-of-range ${parameter}`);
    }
  }
});

it('plans the steps of the sections asked for, in the order of the run', () => {
  const pace = benchPace(QUICK_BENCH_CONFIG, true);
  const of = (config: BenchConfig) =>
    shapeSteps(config, 'ziya-13b', pace).map(({ step }) => `${step.section} ${step.tokens ?? ''}`.trim());
  expect(of({ ...QUICK_BENCH_CONFIG, sections: ['decode'] })).toEqual(['load', 'decode 128', 'decode 1024']);
  expect(of(QUICK_BENCH_CONFIG)).toEqual([
    'load',
    'prefill 128',
    'firstToken 64',
    'kernels 128',
    'kernels 1024',
    'decode 128',
    'decode 1024',
  ]);
  const guessing: BenchConfig = { ...DEFAULT_BENCH_CONFIG, sections: ['speculation'] };
  expect(of(guessing)).toEqual(['load', 'speculation 256']);
});

it('gives a prompt of a thousand tokens to all but the slowest', () => {
  expect(benchPace(DEFAULT_BENCH_CONFIG, true).promptTokens).toBe(1008);
  expect(benchPace(QUICK_BENCH_CONFIG, false).promptTokens).toBe(1008);
  expect(benchPace(QUICK_BENCH_CONFIG, true).promptTokens).toBe(64);
});
