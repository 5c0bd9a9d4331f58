import 'fake-indexeddb/auto';
import { createStore, del, keys } from 'idb-keyval';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppError } from '../core/errors';
import type { PhaseProgress } from '../engine/progress';
import { testPackage } from '../models/test-package';
import { deleteModel } from '../store/weights';
import { nativeRecord } from './records';
import { openStoredPackage } from './stored-package';

const BASE = 'https://app.test/models/mini/';
const RECORD = nativeRecord('mini', BASE);
let files: Map<string, Uint8Array<ArrayBuffer>>;
let isOnline: boolean;
let asked: string[];

beforeEach(async () => {
  files = (await testPackage()).files;
  isOnline = true;
  asked = [];
  vi.stubGlobal('location', { origin: 'https://app.test' });
  vi.stubGlobal('fetch', async (input: URL | string) => {
    if (!isOnline) throw new TypeError('Failed to fetch');
    const name = String(input).slice(BASE.length);
    asked.push(name);
    const body = files.get(name);
    return body ? new Response(body) : new Response('', { status: 404 });
  });
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await deleteModel('mini');
});

const steps: PhaseProgress[] = [];
const open = (record = RECORD) =>
  openStoredPackage(record, (step) => steps.push(step), new AbortController().signal);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => AppError.from(error).code,
  );

test('is fetched with progress the first time, then only asked whether it is the newest', async () => {
  await open();
  expect(steps.map(({ phase }) => phase)).toContain('download');
  asked = [];
  const again = await open();
  expect(asked).toEqual(['aerie.json']);
  expect(await again.read('params_shard_0.bin')).toEqual(files.get('params_shard_0.bin'));
});

test('serves from the store without a network', async () => {
  await open();
  isOnline = false;
  const stored = await open();
  expect((await stored.list()).length).toBe(files.size);
});

test('is replaced when the app brings another, and kept when that one cannot be fetched', async () => {
  await open();
  const sizeBefore = files.get('aerie.json')!.length;
  files = (await testPackage(true, 'Another name')).files;
  expect(files.get('aerie.json')!.length).not.toBe(sizeBefore);
  const shard = files.get('params_shard_0.bin')!;
  files.delete('params_shard_0.bin');
  const old = await open();
  expect((await old.read('aerie.json')).length).toBe(sizeBefore);
  files.set('params_shard_0.bin', shard);
  const newest = await open();
  expect(await newest.read('aerie.json')).toEqual(files.get('aerie.json'));
});

test('is fetched again where the browser lost a part', async () => {
  await open();
  const database = createStore('aerie-weights', 'files');
  const lost = (await keys<string>(database)).find((key) => key.endsWith('params_shard_1.bin'))!;
  await del(lost, database);
  asked = [];
  const repaired = await open();
  expect(asked.filter((name) => name.endsWith('.bin'))).toEqual(['params_shard_1.bin']);
  expect(await repaired.read('params_shard_1.bin')).toEqual(files.get('params_shard_1.bin'));
});

test('without a network and without a copy, the error is the download', async () => {
  isOnline = false;
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const code = codeOf(open());
  await vi.runAllTimersAsync();
  vi.useRealTimers();
  expect(await code).toBe('download-failed');
});

test('a model that is neither stored nor at an address is unknown', async () => {
  expect(await codeOf(open(nativeRecord('mini')))).toBe('model-unknown');
});

test('other origins are not asked about newer versions', async () => {
  await open();
  vi.stubGlobal('location', { origin: 'https://elsewhere.test' });
  asked = [];
  await open();
  expect(asked).toEqual([]);
});
