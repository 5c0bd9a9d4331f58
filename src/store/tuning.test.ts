import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, expect, it, vi } from 'vitest';
import type * as Tuning from './tuning';

let tuning: typeof Tuning;

beforeEach(async () => {
  vi.resetModules();
  globalThis.indexedDB = new IDBFactory();
  tuning = await import('./tuning');
});

it('gives back what was written under a key, until it is cleared', async () => {
  await tuning.writeTuning('a', { tries: 1 });
  await tuning.writeTuning('a', { tries: 0, choice: 'x' });
  expect(await tuning.readTuning('a')).toEqual({ tries: 0, choice: 'x' });
  expect(await tuning.readTuning('b')).toBeUndefined();
  await tuning.clearTuning();
  expect(await tuning.readTuning('a')).toBeUndefined();
});

it('does not gather records of old versions for ever', async () => {
  const key = (index: number) => `version ${index}`;
  for (let index = 0; index < 64; index++) await tuning.writeTuning(key(index), { tries: index });
  await tuning.writeTuning(key(3), { tries: 0 });
  expect(await tuning.readTuning(key(0))).toEqual({ tries: 0 });
  await tuning.writeTuning(key(64), { tries: 0 });
  expect(await tuning.readTuning(key(64))).toEqual({ tries: 0 });
  expect(await tuning.readTuning(key(0))).toBeUndefined();
});
