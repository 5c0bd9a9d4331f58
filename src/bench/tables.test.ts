import { expect, it } from 'vitest';
import { bytes, digits, milliseconds, percent, tokenCount } from './figures';
import { asMarkdown, asText } from './print-tables';
import { report } from './tables';
import { sampleResult } from './test-bench';

it('writes numbers with three digits that count', () => {
  expect([0, 0.01234, 1.234, 12.34, 123.4, 12_345].map(digits)).toEqual([
    '0.000',
    '0.012',
    '1.23',
    '12.3',
    '123',
    '12345',
  ]);
  expect([0.05, 0.5, 50, 12_345].map(milliseconds)).toEqual(['50.0 us', '0.500 ms', '50.0 ms', '12.3 s']);
  expect([5e6, 4.7e9].map(bytes)).toEqual(['5.00 MB', '4.70 GB']);
  expect([undefined, 0.012, 0.456].map(percent)).toEqual(['', '1.2 %', '46 %']);
  expect([128, 1000, 1024, 16_384].map(tokenCount)).toEqual(['128', '1000', '1k', '16k']);
});

it('prints one aligned page that says what was extrapolated and what is missing', () => {
  const text = asText(report(sampleResult()));
  expect(text.split('\n').every((line) => line.length <= 140)).toBe(true);
  expect(text).toContain('2 of 32 layers ran');
  expect(text).toContain('aquila-7b: decode, from 2 of 32 layers');
  expect(text).toMatch(/ {2}16k +out-of-gpu-memory/);
  expect(text).toMatch(/speculation +2\.50 x +140 of 210 guesses held/);
  const rows = text.split('\n').filter((line) => /^ {2}(context|1k)/.test(line));
  expect(rows).toEqual([
    expect.stringMatching(/context +tokens\/s +per token +share/),
    expect.stringMatching(/1k +50\.0 +20\.0 ms +60 %/),
  ]);
  expect(text).not.toMatch(/undefined|NaN|null/);
});

it('prints markdown with a rule under every header', () => {
  const text = asMarkdown(report(sampleResult()));
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('|---')) continue;
    const cells = (row = '') => row.split('|').length;
    expect(cells(lines[index - 1])).toBe(cells(line));
    expect(cells(lines[index + 1])).toBe(cells(line));
  }
  expect(text).toContain('| 1k | 50.0 | 20.0 ms | 60 % |');
});
