/** What the browser must fetch before it can paint stays small. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';

const LIMIT_BYTES = 150_000;

test('page JavaScript before the first paint stays under 150 KB gzip', () => {
  const dist = resolve(import.meta.dirname, '../../dist');
  const html = readFileSync(resolve(dist, 'index.html'), 'utf8');
  const scripts = [...html.matchAll(/(?:src|href)="\.?\/?([^"]+\.js)"/g)].map((match) => match[1]!);
  expect(scripts.length).toBeGreaterThan(0);
  const bytes = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(resolve(dist, path))).length, 0);
  expect(bytes).toBeLessThan(LIMIT_BYTES);
});
