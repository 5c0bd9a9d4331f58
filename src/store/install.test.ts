import 'fake-indexeddb/auto';
import { createStore, entries } from 'idb-keyval';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AppError, type ErrorCode } from '../core/errors';
import { openPackage } from '../models/package';
import { testPackage } from '../models/test-package';
import { fileSource } from './file-source';
import { httpSource } from './http-source';
import { discardAbandoned, type InstallProgress, idOf, installModel } from './install';
import {
  deleteModel,
  hasModel,
  listModels,
  listUnfinished,
  modelSize,
  openModel,
  verifyModel,
} from './weights';

const BASE = 'https://models.test/some/folder/';
const TIMING = { stallMs: 200, retryMs: [1, 1] };
type Files = Map<string, Uint8Array<ArrayBuffer>>;

/** A server made of a map. `faults` may answer instead for a file; they see how often it was asked for. */
function server(
  files: Files,
  faults: Record<
    string,
    (asked: number, body: Uint8Array<ArrayBuffer>) => Response | Promise<Response> | undefined
  > = {},
) {
  const asked = new Map<string, number>();
  const fetcher = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const name = decodeURIComponent(String(input).slice(BASE.length));
    const count = (asked.get(name) ?? 0) + 1;
    asked.set(name, count);
    if (init?.signal?.aborted) throw new DOMException('aborted', 'AbortError');
    const body = files.get(name);
    const fault = await faults[name]?.(count, body ?? new Uint8Array());
    if (fault) return fault;
    if (!body) return new Response('', { status: 404 });
    return new Response(body, { headers: { 'content-length': String(body.length) } });
  };
  return { asked, source: httpSource(BASE, fetcher as typeof fetch) };
}

const given = (files: Files, folder = '') =>
  [...files].map(([name, bytes]) => ({
    path: `${folder}${name}`,
    file: new File([bytes], name.split('/').at(-1)!),
  }));

const codeOf = (work: Promise<unknown>): Promise<{ code: ErrorCode | 'none'; details: object }> =>
  work.then(
    () => ({ code: 'none' as const, details: {} }),
    (error: unknown) => ({ code: AppError.from(error).code, details: AppError.from(error).details }),
  );

const stored = async () =>
  (await entries<string, unknown>(createStore('aerie-weights', 'files'))).map(([key]) => key);

/** A body that breaks off after `keep` bytes, or never ends. */
function brokenBody(bytes: Uint8Array<ArrayBuffer>, keep: number, how: 'error' | 'hang' | 'close'): Response {
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (keep > 0) controller.enqueue(bytes.slice(0, keep));
      keep = 0;
      if (how === 'error') controller.error(new TypeError('network error'));
      if (how === 'close') controller.close();
      return how === 'hang' ? new Promise(() => {}) : undefined;
    },
  });
  return new Response(stream);
}

let files: Files;
beforeEach(async () => {
  files = (await testPackage()).files;
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  for (const { id } of [...(await listModels()), ...(await listUnfinished())]) await deleteModel(id);
});

describe('a whole package', () => {
  test('from an address: stored, listed, opened by range, deleted', async () => {
    const steps: InstallProgress[] = [];
    const state = await installModel(server(files).source, {
      timing: TIMING,
      onProgress: (step) => steps.push(step),
    });
    expect(state).toMatchObject({
      id: 'Test-Model-q0f32',
      name: 'Test Model',
      licence: 'CC0-1.0',
      source: BASE,
    });
    expect(state.files.every((file) => file.state === 'done')).toBe(true);
    expect(steps.at(-1)).toMatchObject({
      phase: 'store',
      bytesDone: state.sizeBytes,
      bytesTotal: state.sizeBytes,
    });
    expect(await listModels()).toEqual([state]);
    expect(await listUnfinished()).toEqual([]);
    expect(await modelSize(state.id)).toBe([...files.values()].reduce((sum, { length }) => sum + length, 0));
    const opened = await openModel(state.id);
    const shard = files.get('params_shard_1.bin')!;
    expect(await opened.readRange('params_shard_1.bin', 100, 228)).toEqual(shard.slice(100, 228));
    expect((await openPackage(opened)).architecture.vocab).toBe(260);
    expect(await verifyModel(state.id)).toEqual([]);
    expect((await codeOf(opened.read('nope'))).code).toBe('file-missing');
    expect((await codeOf(opened.readRange('params_shard_1.bin', 0, 1e9))).code).toBe('file-truncated');
    await deleteModel(state.id);
    expect(await stored()).toEqual([]);
    expect((await codeOf(openModel(state.id))).code).toBe('model-unknown');
  });

  test('from a folder of files, in a subfolder, beside other things', async () => {
    const state = await installModel(
      fileSource([
        { path: 'drop/readme.md', file: new File(['x'], 'readme.md') },
        ...given(files, 'drop/My Model/'),
        ...given(files, 'drop/backup/old/'),
      ]),
    );
    expect(state).toMatchObject({ id: 'Test-Model-q0f32', source: 'My Model' });
    expect(await verifyModel(state.id)).toEqual([]);
  });

  test("as MLC's own tools leave it, under either name of the manifest", async () => {
    for (const name of ['tensor-cache.json', 'ndarray-cache.json']) {
      const plain = (await testPackage(false)).files;
      const manifest = plain.get('tensor-cache.json')!;
      plain.delete('tensor-cache.json');
      plain.set(name, manifest);
      const { source, asked } = server(plain);
      const state = await installModel(source, { id: name, timing: TIMING });
      expect(state.files.map((file) => file.name).sort()).toEqual([...plain.keys()].sort());
      expect(asked.get('merges.txt')).toBeUndefined();
      expect(state.name).toBe('folder');
      const local = await installModel(fileSource(given(plain, 'Folder/')), { id: `${name} local` });
      expect(local.files).toHaveLength(plain.size);
    }
  });

  test('is not fetched twice, and two tabs do not disturb each other', async () => {
    const { source, asked } = server(files);
    const [a, b] = await Promise.all([installModel(source, { id: 'x' }), installModel(source, { id: 'x' })]);
    expect(a).toEqual(b);
    expect(await verifyModel('x')).toEqual([]);
    expect(asked.get('params_shard_0.bin')).toBe(1);
    const before = asked.get('params_shard_0.bin');
    await installModel(source, { id: 'x' });
    expect(asked.get('params_shard_0.bin')).toBe(before);
  });

  test('replaces an older one of that id only when it is whole', async () => {
    await installModel(server(files).source, { id: 'x' });
    const newer = (await testPackage(true, 'Newer')).files;
    newer.get('params_shard_0.bin')![3] = 99;
    const fixed = (await repacked(newer)).files;
    const failing = server(fixed, { 'params_shard_1.bin': () => new Response('', { status: 503 }) });
    expect((await codeOf(installModel(failing.source, { id: 'x', timing: TIMING }))).code).toBe(
      'download-failed',
    );
    expect(await (await openModel('x')).read('params_shard_0.bin')).toEqual(files.get('params_shard_0.bin'));
    await installModel(server(fixed).source, { id: 'x' });
    expect((await (await openModel('x')).read('params_shard_0.bin'))[3]).toBe(99);
    expect((await stored()).filter((key) => key.startsWith('file/'))).toHaveLength(fixed.size);
  });

  test('names become ids', () => {
    expect(idOf({ name: 'AquilaChat 7B / 中文', quantization: 'q4f16_1' })).toBe(
      'AquilaChat-7B-中文-q4f16_1',
    );
    expect(idOf({ name: 'a-q4f16_1', quantization: 'q4f16_1' })).toBe('a-q4f16_1');
    expect(idOf({ name: '///', quantization: 'q0f32' })).toBe('model-q0f32');
  });
});

/** The same files with an aerie.json that fits them again. */
async function repacked(broken: Files): Promise<{ files: Files }> {
  const { sha256Hex } = await import('../formats/hash');
  const manifest = JSON.parse(new TextDecoder().decode(broken.get('aerie.json')));
  for (const file of manifest.files) {
    const bytes = broken.get(file.name)!;
    Object.assign(file, { sizeBytes: bytes.length, sha256: await sha256Hex(bytes) });
  }
  broken.set('aerie.json', new TextEncoder().encode(JSON.stringify(manifest)));
  return { files: broken };
}

describe('bad packages leave nothing behind', () => {
  const flip = (name: string) => {
    const bytes = files.get(name)!;
    bytes[bytes.length - 1]! ^= 1;
  };
  const cut = (name: string) => files.set(name, files.get(name)!.slice(0, -4));

  test.each<[string, () => void, ErrorCode, object]>([
    [
      'a shard is missing',
      () => files.delete('params_shard_1.bin'),
      'file-missing',
      { file: 'params_shard_1.bin' },
    ],
    ['a shard is short', () => cut('params_shard_1.bin'), 'file-truncated', { file: 'params_shard_1.bin' }],
    [
      'a shard has another hash',
      () => flip('params_shard_1.bin'),
      'hash-mismatch',
      { file: 'params_shard_1.bin' },
    ],
    [
      'the tokenizer has another hash',
      () => flip('tokenizer.json'),
      'hash-mismatch',
      { file: 'tokenizer.json' },
    ],
    [
      'the config has another hash',
      () => flip('mlc-chat-config.json'),
      'hash-mismatch',
      { file: 'mlc-chat-config.json' },
    ],
    [
      'aerie.json is no JSON',
      () => files.set('aerie.json', new Uint8Array([123])),
      'format-invalid',
      { file: 'aerie.json' },
    ],
    [
      'there is no config',
      () => ['aerie.json', 'mlc-chat-config.json'].map((name) => files.delete(name)),
      'file-missing',
      { file: 'mlc-chat-config.json' },
    ],
  ])('%s', async (_name, harm, code, details) => {
    harm();
    const remote = await codeOf(installModel(server(files).source, { timing: TIMING }));
    expect(remote).toEqual({ code, details: expect.objectContaining(details) });
    const local = await codeOf(
      (async () => installModel(fileSource(given(files, 'f/')), { timing: TIMING }))(),
    );
    expect(local).toEqual({ code, details: expect.objectContaining(details) });
    expect(await stored()).toEqual([]);
  });

  test.each<[string, (config: Record<string, unknown>) => void, ErrorCode]>([
    [
      'unknown quantisation',
      (config) => Object.assign(config, { quantization: 'q3f16_9' }),
      'quantization-unknown',
    ],
    [
      'unknown architecture',
      (config) => Object.assign(config, { model_type: 'rwkv' }),
      'architecture-unknown',
    ],
    [
      'impossible numbers',
      (config) => Object.assign(config.model_config as object, { hidden_size: -4 }),
      'config-invalid',
    ],
    [
      'shapes of another model',
      (config) => Object.assign(config.model_config as object, { intermediate_size: 128 }),
      'tensor-mismatch',
    ],
    [
      'more layers than tensors',
      (config) => Object.assign(config.model_config as object, { num_hidden_layers: 2 }),
      'tensor-missing',
    ],
  ])('%s is refused before a shard is fetched', async (_name, change, code) => {
    const config = JSON.parse(new TextDecoder().decode(files.get('mlc-chat-config.json')));
    change(config);
    files.set('mlc-chat-config.json', new TextEncoder().encode(JSON.stringify(config)));
    const { source, asked } = server((await repacked(files)).files);
    expect((await codeOf(installModel(source))).code).toBe(code);
    expect(asked.has('params_shard_0.bin')).toBe(false);
    expect(await stored()).toEqual([]);
  });

  test('a package without a tokenizer', async () => {
    const plain = (await testPackage(false)).files;
    plain.delete('tokenizer.json');
    expect(await codeOf(installModel(fileSource(given(plain))))).toMatchObject({
      code: 'file-missing',
      details: { file: 'tokenizer.json' },
    });
  });

  test('a start page served for a missing file is a missing file', async () => {
    const page = () =>
      new Response('<!doctype html>', { headers: { 'content-type': 'text/html; charset=utf-8' } });
    const { source } = server(files, { 'params_shard_0.bin': page });
    expect(await codeOf(installModel(source, { timing: TIMING }))).toMatchObject({ code: 'file-missing' });
  });

  test('an address that is none', () => {
    expect(() => httpSource('ftp://x/')).toThrowError(AppError);
    expect(() => httpSource('no address')).toThrowError(AppError);
  });

  test('a file that changed after it was chosen', async () => {
    const chosen = given(files, 'f/');
    const shard = chosen.find(({ path }) => path.endsWith('params_shard_1.bin'))!;
    vi.spyOn(shard.file, 'stream').mockImplementation(() => {
      throw new DOMException('changed', 'NotReadableError');
    });
    expect((await codeOf(installModel(fileSource(chosen), { timing: TIMING }))).code).toBe('download-failed');
    expect(await stored()).toEqual([]);
  });
});

describe('a bad network', () => {
  test.each(['error', 'hang'] as const)('a body that breaks off (%s) is fetched again', async (how) => {
    const { source, asked } = server(files, {
      'params_shard_0.bin': (count, body) => (count < 3 ? brokenBody(body, 10, how) : undefined),
    });
    await installModel(source, { id: 'x', timing: TIMING });
    expect(asked.get('params_shard_0.bin')).toBe(3);
    expect(await verifyModel('x')).toEqual([]);
  });

  test('a body that ends early is truncated, a longer one too', async () => {
    const short = server(files, { 'params_shard_0.bin': (_count, body) => brokenBody(body, 10, 'close') });
    expect(await codeOf(installModel(short.source, { timing: TIMING }))).toMatchObject({
      code: 'file-truncated',
      details: { foundBytes: 10 },
    });
    const long = server(files, {
      'params_shard_0.bin': (_count, body) => new Response(new Blob([body, body])),
    });
    expect((await codeOf(installModel(long.source, { timing: TIMING }))).code).toBe('file-truncated');
    expect(await stored()).toEqual([]);
  });

  test('a bad copy in a cache is asked for again, past the cache', async () => {
    const wrong = files.get('params_shard_0.bin')!.slice().fill(1);
    const { source, asked } = server(files, {
      'params_shard_0.bin': (count) => (count === 1 ? new Response(wrong) : undefined),
    });
    await installModel(source, { id: 'x', timing: TIMING });
    expect(asked.get('params_shard_0.bin')).toBe(2);
  });

  test('a failed download keeps its done files and goes on from there', async () => {
    let isDown = true;
    const { source, asked } = server(files, {
      'params_shard_1.bin': () => (isDown ? new Response('', { status: 500 }) : undefined),
    });
    const error = await codeOf(installModel(source, { id: 'x', timing: TIMING }));
    expect(error).toMatchObject({ code: 'download-failed', details: { status: 500, host: 'models.test' } });
    expect(asked.get('params_shard_1.bin')).toBe(3);
    expect((await codeOf(openModel('x'))).code).toBe('model-incomplete');
    expect((await listUnfinished()).map(({ id }) => id)).toEqual(['x']);
    expect(await hasModel('x')).toBe(false);
    isDown = false;
    const before = asked.get('params_shard_0.bin');
    await installModel(source, { id: 'x', timing: TIMING });
    expect(asked.get('params_shard_0.bin')).toBe(before);
    expect(await verifyModel('x')).toEqual([]);
    expect(await listUnfinished()).toEqual([]);
  });

  test('refusals are not asked for again', async () => {
    const { source, asked } = server(files, {
      'params_shard_0.bin': () => new Response('', { status: 403 }),
    });
    expect((await codeOf(installModel(source, { timing: TIMING }))).code).toBe('download-failed');
    expect(asked.get('params_shard_0.bin')).toBe(1);
  });

  test('stopping by the user, in mid-file', async () => {
    const abort = new AbortController();
    const { source } = server(files, {
      'params_shard_0.bin': (_count, body) => brokenBody(body, 10, 'hang'),
    });
    const onProgress = (step: InstallProgress) => step.file === 'params_shard_0.bin' && abort.abort();
    expect((await codeOf(installModel(source, { id: 'x', signal: abort.signal, onProgress }))).code).toBe(
      'aborted',
    );
    expect((await codeOf(installModel(source, { id: 'x', signal: abort.signal }))).code).toBe('aborted');
    expect(await listUnfinished()).toHaveLength(1);
  });
});

describe('a full disk', () => {
  test('is noticed before anything is fetched', async () => {
    vi.stubGlobal('navigator', {
      storage: { estimate: async () => ({ quota: (64 << 20) + 5000, usage: 1000 }) },
    });
    const { source, asked } = server(files);
    const error = await codeOf(installModel(source));
    expect(error.code).toBe('storage-full');
    expect(error.details).toMatchObject({ freeBytes: 4000, neededBytes: expect.any(Number) });
    expect(asked.has('params_shard_0.bin')).toBe(false);
    expect(await stored()).toEqual([]);
  });

  test('or when the database says so, and then nothing is kept', async () => {
    const put = IDBObjectStore.prototype.put;
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
      this: IDBObjectStore,
      value: unknown,
      key?: IDBValidKey,
    ) {
      if (String(key).endsWith('params_shard_1.bin')) throw new DOMException('full', 'QuotaExceededError');
      return put.call(this, value, key);
    });
    const error = await codeOf(installModel(server(files).source));
    expect(error).toMatchObject({ code: 'storage-full', details: { neededBytes: expect.any(Number) } });
    expect(await stored()).toEqual([]);
  });
});

describe('what the browser lost', () => {
  test('is reported by name, and installing again repairs it', async () => {
    await installModel(server(files).source, { id: 'x' });
    const [[key]] = (await entries<string, unknown>(createStore('aerie-weights', 'files'))).filter(([name]) =>
      String(name).endsWith('shard_1.bin'),
    ) as [[string, unknown]];
    await createStore('aerie-weights', 'files')('readwrite', (store) => void store.delete(key));
    expect(await verifyModel('x')).toEqual(['params_shard_1.bin']);
    const opened = await openModel('x');
    expect(await codeOf(opened.read('params_shard_1.bin'))).toMatchObject({
      code: 'model-incomplete',
      details: { file: 'params_shard_1.bin' },
    });
    await installModel(server(files).source, { id: 'x' });
    expect(await verifyModel('x')).toEqual([]);
  });

  test('leftovers of an import that the page was closed on are removed, unfinished downloads are not', async () => {
    const keep = server(files, { 'params_shard_1.bin': () => new Response('', { status: 500 }) });
    await codeOf(installModel(keep.source, { id: 'remote', timing: TIMING }));
    const [state] = await listUnfinished();
    await createStore('aerie-weights', 'files')('readwrite', (store) => {
      store.put({ ...state, id: 'local', source: 'My Folder' }, 'install/local');
    });
    await discardAbandoned();
    expect((await listUnfinished()).map(({ id }) => id)).toEqual(['remote']);
  });
});
