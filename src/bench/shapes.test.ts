import { expect, it } from 'vitest';
import { weightBytes } from '../engine/weights';
import { requiredTensors } from '../models/tensor-plan';
import { benchArchitecture, kernelReadBytes, readBytesPerToken, weightBytesPerToken } from './shapes';
import { BENCH_SHAPES } from './types';

it('counts what a token of the published shapes reads', () => {
  // 0.5625 bytes a weight, embedding aside: 6.88, 12.9 and 33.1 thousand millions of them.
  const large = BENCH_SHAPES.filter((shape) => shape !== 'aerie-mini');
  const gigabytes = large.map((shape) => weightBytesPerToken(benchArchitecture(shape)) / 1e9);
  expect(gigabytes.map((value) => value.toFixed(2))).toEqual(['3.87', '7.25', '18.61']);
});

it('agrees with what is uploaded, but for embedding and norms', () => {
  for (const shape of BENCH_SHAPES) {
    const architecture = benchArchitecture(shape, 3);
    const kv = { positions: 0, isInt8: false };
    const embedding = kernelReadBytes('head', architecture, kv);
    const norms = (2 * architecture.layers + 1) * architecture.hidden * 4;
    expect(weightBytesPerToken(architecture) + embedding + norms).toBe(weightBytes(architecture));
  }
});

it('adds the cache by position, half as much in 8 bits', () => {
  const architecture = benchArchitecture('aquila-7b');
  const weights = weightBytesPerToken(architecture);
  expect(readBytesPerToken(architecture, 2048, false) - weights).toBe(2048 * 32 * 2 * 4096 * 2);
  expect(readBytesPerToken(architecture, 2048, true) - weights).toBe(2048 * 32 * 2 * (4096 + 32 * 4));
});

it('cuts layers and nothing else', () => {
  const one = benchArchitecture('aquila2-34b', 1);
  expect(one).toEqual({ ...benchArchitecture('aquila2-34b'), layers: 1 });
  expect(benchArchitecture('aquila-7b', 99).layers).toBe(32);
  expect(requiredTensors(one).length).toBe(2 + 10 + 1 + 2);
});
