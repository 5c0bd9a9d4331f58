import { expect, it } from 'vitest';
import { compareResults, compareShapes, differences } from './compare';
import { asText } from './print-tables';
import { sampleResult, sampleShape } from './test-bench';
import type { BenchResult } from './types';

it('gives ratios that are above 1 where the second is faster, times and speeds alike', () => {
  const lines = compareShapes(sampleShape(2), sampleShape(1));
  const ratios = Object.fromEntries(lines.map(({ name, ratio }) => [name, ratio]));
  expect(ratios).toEqual({
    'decode at 1k': 2,
    'decode at 1k, JavaScript': 1,
    'prefill of 128': 2,
    'first token, cold': 2,
    'first token, cached': 1,
    qkv: 2,
    'attention at 1k': 2,
    load: 2,
    memory: 1,
    speculation: 1,
  });
});

it('leaves out what only one of them has', () => {
  const { decode, prefill, ...less } = sampleShape();
  expect(decode && prefill).toBeDefined();
  const names = compareShapes(less, sampleShape()).map(({ name }) => name);
  expect(names).not.toContain('decode at 1k');
  expect(names).toContain('qkv');
  const deeper = { ...sampleShape(), layers: 4 };
  expect(compareShapes(sampleShape(), deeper).map(({ name }) => name)).not.toContain('load');
});

it('says what makes two runs hard to compare', () => {
  const first = sampleResult();
  expect(differences(first, sampleResult(3))).toEqual([]);
  const [shape] = first.shapes;
  const second: BenchResult = {
    ...first,
    adapter: { ...first.adapter, name: 'Other GPU' },
    config: { ...first.config, engine: { ...first.config.engine, int8Kv: true } },
    bandwidth: { ...first.bandwidth!, readBytesPerSecond: 100e9 },
    shapes: [
      { ...shape!, layers: 32 },
      { ...shape!, shape: 'ziya-13b' },
    ],
  };
  expect(differences(first, second)).toEqual([
    'different adapters: Some GPU and Other GPU',
    'different options: activations in 32 bits, cache in 16 bits and activations in 32 bits, cache in 8 bits',
    'different layers of aquila-7b: 2 and 32',
    'ziya-13b is only in the second',
    "the second adapter read at 50 % of the first's speed",
  ]);
  expect(differences(second, first)).toContain('ziya-13b is only in the first');
  expect(asText(compareResults(first, second))).toContain('different adapters');
});
