import { expect, it } from 'vitest';
import { AppError } from '../core/errors';
import { parseBenchResult } from './schema';
import { sampleResult } from './test-bench';

const refusal = (text: string): string => {
  try {
    parseBenchResult(text, 'a.json');
  } catch (error) {
    const { code, details } = AppError.from(error);
    return `${code} ${details.file}: ${details.reason}`;
  }
  return 'accepted';
};

it('reads back what was written', () => {
  const result = sampleResult();
  expect(parseBenchResult(JSON.stringify(result), 'a.json')).toEqual(result);
  const { bandwidth, ...without } = result;
  expect(bandwidth).toBeDefined();
  expect(parseBenchResult(JSON.stringify(without), 'a.json')).toEqual(without);
});

it('refuses other files and damaged ones, and says where', () => {
  expect(refusal('')).toBe('format-invalid a.json: not JSON');
  expect(refusal('[]')).toMatch(/^format-invalid a\.json: /);
  expect(refusal('{"format":"other"}')).toMatch(/^format-invalid a\.json: /);
  const damaged = sampleResult();
  const text = JSON.stringify(damaged).replace('"tokensPerSecond":50', '"tokensPerSecond":-1');
  expect(refusal(text)).toMatch(/^format-invalid a\.json: shapes\.0\.decode\.0\.tokensPerSecond: /);
  expect(refusal(JSON.stringify({ ...damaged, version: 2 }))).toMatch(/^format-invalid a\.json: version: /);
});
