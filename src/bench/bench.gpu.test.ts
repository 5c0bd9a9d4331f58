/** The whole benchmark on a tiny shape: every section must come out with numbers that can be true. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRunner } from '../engine/runner';
import type { Gpu } from '../gpu/device';
import { testGpu } from '../gpu/test-gpu';
import { benchAgainst } from './against';
import { benchShape } from './bench-shape';
import { benchPace, DEFAULT_BENCH_CONFIG, QUICK_BENCH_CONFIG } from './config';
import { asText } from './print-tables';
import { measureBandwidth } from './read-bandwidth';
import { parseBenchResult } from './schema';
import type { ShapeJob } from './shape-job';
import { shapeSteps } from './shape-steps';
import { report } from './tables';
import { sampleResult, TINY } from './test-bench';
import { type BandwidthResult, BENCH_KERNELS, type BenchConfig, type ShapeResult } from './types';

const CONFIG: BenchConfig = {
  ...QUICK_BENCH_CONFIG,
  contexts: [128, 1100],
  prefillLengths: [64],
  rounds: 2,
  engine: { ...QUICK_BENCH_CONFIG.engine, speculation: 'auto' },
};

let gpu: Gpu;
let bandwidth: BandwidthResult;

beforeAll(async () => {
  gpu = await testGpu();
  bandwidth = await measureBandwidth(gpu, { rounds: 2, budgetMs: 300, poolBytes: 8 << 20 });
});

afterAll(() => {
  // Whatever a section encoded was valid: an error of validation would have been reported here.
  expect(faults).toEqual([]);
});
const faults: string[] = [];

const jobOf = (config: BenchConfig, signal?: AbortSignal): ShapeJob => ({
  gpu,
  config,
  pace: { ...benchPace(config, true), decodeRoundMs: 50, decodeBudgetMs: 500, kernelBudgetMs: 100 },
  architecture: { ...TINY, layers: 2 },
  whole: TINY,
  readBytesPerSecond: bandwidth.readBytesPerSecond,
  signal,
});

const all = (value: object): number[] =>
  Object.values(value).flatMap((inner: unknown) =>
    typeof inner === 'number' ? [inner] : typeof inner === 'object' && inner !== null ? all(inner) : [],
  );

it('measures the bandwidth of reads and copies', () => {
  expect(bandwidth.grids.length).toBe(4);
  for (const value of all(bandwidth)) expect(value).toBeGreaterThan(0);
});

it('measures every section', async () => {
  gpu.device.onuncapturederror = ({ error }) => faults.push(error.message);
  const job = jobOf(CONFIG);
  const begun: string[] = [];
  const steps = shapeSteps(CONFIG, 'aquila-7b', job.pace);
  const measured = await benchShape(job, steps, ({ step }) => begun.push(step.section));
  expect(begun.length).toBe(steps.length);
  expect(measured.skipped).toEqual([]);
  for (const value of all(measured)) {
    expect(Number.isFinite(value)).toBe(true);
    expect(value).toBeGreaterThanOrEqual(0);
  }
  const { kernels = [], decode = [], prefill = [], firstToken, speculation, load, memory } = measured;
  expect(kernels.map(({ kernel }) => kernel)).toEqual([...BENCH_KERNELS, 'attention']);
  for (const { bandwidthShare = 0, timeMs } of kernels) {
    expect(timeMs).toBeGreaterThan(0);
    // Weights this small come out of a cache, and a busy machine may have slowed the probe; more would be its fault.
    expect(bandwidthShare).toBeLessThan(10);
  }
  expect(decode.map(({ contextTokens }) => contextTokens)).toEqual([128, 1100]);
  for (const one of decode) {
    expect(one.tokensPerSecond).toBeGreaterThan(0);
    expect(one.cpuMsPerToken).toBeGreaterThan(0);
    // One, but for the round in which the loop looks a token further ahead or less far.
    expect(one.submitsPerToken).toBeGreaterThan(0.5);
    // Four layers of five or six dispatches, embedding, head and sampler.
    expect(one.dispatchesPerToken).toBeGreaterThanOrEqual(4 * 5 + 5);
    expect(one.msPerToken).toBeCloseTo(one.layerMs! * TINY.layers + one.restMs!, 6);
  }
  expect(prefill.length).toBe(1);
  expect(firstToken!.coldMs).toBeGreaterThan(0);
  expect(speculation!.draftedTokens).toBeGreaterThan(0);
  expect(speculation!.acceptedTokens).toBeLessThanOrEqual(speculation!.draftedTokens);
  expect(load!.totalMs).toBeGreaterThan(0);
  expect(memory!.totalBytes).toBeGreaterThan(memory!.measuredBytes);
  const shape: ShapeResult = {
    shape: 'aquila-7b',
    layers: 2,
    totalLayers: 4,
    isScaled: true,
    weightBytesPerToken: 1,
    ...measured,
  };
  const result = { ...sampleResult(), config: CONFIG, bandwidth, shapes: [shape] };
  expect(parseBenchResult(JSON.stringify(result), 'written')).toEqual(result);
  expect(asText(report(result))).not.toMatch(/undefined|NaN/);
});

it('measures two builds in turns', async () => {
  const config = { ...CONFIG, contexts: [64], prefillLengths: [], rounds: 1 };
  const architecture = { ...TINY, layers: 1 };
  const { tables } = await benchAgainst({ gpu, config, architecture, whole: TINY, there: createRunner });
  const ratios = tables[0]!.rows.slice(1).map((row) => Number(row[3]));
  expect(ratios.length).toBe(4);
  for (const ratio of ratios) expect(ratio).toBeGreaterThan(0);
});

it('passes over what does not fit, and ends at once when cancelled', async () => {
  const far: BenchConfig = { ...DEFAULT_BENCH_CONFIG, sections: ['decode'], contexts: [1 << 29], rounds: 1 };
  const job = jobOf(far);
  const steps = shapeSteps(far, 'aquila-7b', job.pace);
  const { skipped, decode } = await benchShape(job, steps, () => {});
  expect(decode).toEqual([]);
  expect(skipped).toEqual([{ section: 'decode', tokens: 1 << 29, reason: 'message-too-long' }]);

  const stop = new AbortController();
  const cancelled = jobOf(CONFIG, stop.signal);
  const running = benchShape(cancelled, shapeSteps(CONFIG, 'aquila-7b', cancelled.pace), ({ step }) => {
    if (step.section === 'kernels') stop.abort();
  });
  await expect(running).rejects.toThrow('aborted');
});
