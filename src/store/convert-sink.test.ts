import 'fake-indexeddb/auto';
import { createStore, entries } from 'idb-keyval';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sinkContract } from '../convert/test-sink-contract';
import { AppError } from '../core/errors';
import { sha256Hex } from '../formats/hash';
import type { PackageOutline, WrittenFile } from '../formats/package-sink';
import { testPackage } from '../models/test-package';
import type { StoredOrder } from './convert-order';
import { ConvertSink } from './convert-sink';
import { fileSource } from './file-source';
import { discardAbandoned, installModel } from './install';
import { withConvertLock } from './model-lock';
import { beginRepair } from './repair';
import {
  deleteConversion,
  deleteModel,
  hasModel,
  listModels,
  listUnfinished,
  openModel,
  verifyModel,
} from './weights';

type Files = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

const ORDER: StoredOrder = {
  kind: 'convert',
  id: 'm',
  name: 'Test Model',
  source: { kind: 'hugging-face', repo: 'a/b', revision: 'main' },
  quantization: 'q4f16_1',
  licence: 'aquila',
};

let files: Files;
beforeEach(async () => {
  // aerie.json goes last, as in a conversion.
  files = (await testPackage()).files;
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  for (const { id } of [...(await listModels()), ...(await listUnfinished())]) await deleteModel(id);
});

const outlineOf = (all: Files, fingerprint = 'one'): PackageOutline => ({
  fingerprint,
  name: 'Test Model',
  source: 'hf:a/b',
  licence: 'aquila',
  quantization: 'q4f16_1',
  contextLength: 256,
  shards: [...all]
    .filter(([name]) => name.endsWith('.bin'))
    .map(([name, { length }]) => ({ name, sizeBytes: length })),
  sizeBytes: [...all.values()].reduce((sum, { length }) => sum + length, 0) + 1000,
});

async function fileOf(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<WrittenFile> {
  return {
    name,
    sizeBytes: bytes.length,
    sha256: await sha256Hex(bytes),
    ...(/bin$/.test(name) && { md5: 'x' }),
  };
}

/** What a conversion does; `most` stops it after so many files. Names of the files it wrote. */
async function convert(all: Files, fingerprint = 'one', most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const sink = new ConvertSink(ORDER);
  const done = await sink.begin(outlineOf(all, fingerprint));
  const written: string[] = [];
  const shards = [...all].filter(([name]) => name.endsWith('.bin'));
  const small = [...all].filter(([name]) => !name.endsWith('.bin') && name !== 'aerie.json');
  for (const [name, bytes] of [...shards, ...small, ['aerie.json', all.get('aerie.json')!] as const]) {
    const file = await fileOf(name, bytes);
    if (done.get(name)?.sha256 === file.sha256) continue;
    if (written.length === most) return written;
    await sink.write(file, bytes);
    written.push(name);
  }
  await sink.finish();
  return written;
}

const weights = () => createStore('aerie-weights', 'files');
const stored = async () => (await entries<string, unknown>(weights())).map(([key]) => key).sort();
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => ({ code: 'none', details: {} }),
    (error: unknown) => AppError.from(error),
  );
/** Name and hash of every file of the stored model. */
const hashesOf = async (id: string) => {
  const opened = await openModel(id);
  const list = await opened.list();
  return hashes(
    new Map(await Promise.all(list.map(async ({ name }) => [name, await opened.read(name)] as const))),
  );
};
const hashes = async (all: Files) =>
  Object.fromEntries(
    await Promise.all([...all].map(async ([name, bytes]) => [name, await sha256Hex(bytes)])),
  );

let places = 0;
describe('contract', () => {
  sinkContract(() => {
    const order = { ...ORDER, id: `place-${places++}` };
    return {
      open: () => new ConvertSink(order),
      end: async () => {},
      async finished() {
        if (!(await hasModel(order.id))) return undefined;
        const files = await openModel(order.id);
        const names = (await files.list()).map(({ name }) => name);
        return new Map(await Promise.all(names.map(async (name) => [name, await files.read(name)] as const)));
      },
    };
  });
});

describe('a conversion', () => {
  test('becomes a model just like one that was installed', async () => {
    await convert(files);
    const [converted] = await listModels();
    expect(await verifyModel('m')).toEqual([]);
    expect(await hashesOf('m')).toEqual(await hashes(files));
    const given = [...files].map(([name, bytes]) => ({ path: name, file: new File([bytes], name) }));
    const installed = await installModel(fileSource(given), { id: 'other' });
    expect(converted!.fingerprint).toBe(installed.fingerprint);
    expect(converted!.sizeBytes).toBe(installed.sizeBytes);
    expect(converted!.files.map(({ name }) => name)).toEqual(installed.files.map(({ name }) => name));
    expect(converted).toMatchObject({ id: 'm', source: 'hf:a/b', licence: 'aquila', made: { order: ORDER } });
    expect(converted!.conversion).toBeUndefined();
    expect(await listUnfinished()).toEqual([]);
  });

  test('that ended is listed with what it needs, and goes on from its last whole file', async () => {
    await convert(files, 'one', 1);
    const [left] = await listUnfinished();
    const shard = files.get('params_shard_0.bin')!;
    expect(left).toMatchObject({ id: 'm', name: 'Test Model' });
    expect(left!.conversion).toMatchObject({ order: ORDER, doneBytes: shard.length, need: 'at-once' });
    expect(left!.conversion!.totalBytes).toBe(outlineOf(files).sizeBytes);
    expect(await hasModel('m')).toBe(false);
    expect((await codeOf(openModel('m'))).code).toBe('model-incomplete');
    expect(await convert(files)).not.toContain('params_shard_0.bin');
    expect(await hashesOf('m')).toEqual(await hashes(files));
  });

  test('of other bytes starts anew and leaves nothing of the old', async () => {
    await convert(files, 'one', 1);
    const before = (await stored()).filter((key) => key.startsWith('file/'));
    expect(await convert(files, 'two')).toContain('params_shard_0.bin');
    const after = await stored();
    for (const key of before) expect(after).not.toContain(key);
    expect(after.filter((key) => key.startsWith('file/'))).toHaveLength(files.size);
  });

  test('replaces a model only when it is whole', async () => {
    await convert(files);
    const newer = (await testPackage(true, 'Newer')).files;
    newer.get('params_shard_0.bin')![0] = 7;
    const manifest = JSON.parse(new TextDecoder().decode(newer.get('aerie.json')));
    for (const file of manifest.files) file.sha256 = await sha256Hex(newer.get(file.name)!);
    newer.set('aerie.json', new TextEncoder().encode(JSON.stringify(manifest)));
    await convert(newer, 'two', 2);
    expect(await hashesOf('m')).toEqual(await hashes(files));
    await deleteConversion('m');
    expect(await hashesOf('m')).toEqual(await hashes(files));
    await convert(newer, 'two');
    expect(await hashesOf('m')).toEqual(await hashes(newer));
    expect((await stored()).filter((key) => key.startsWith('file/'))).toHaveLength(files.size);
  });

  test('and an installation of the same id leave each other alone', async () => {
    await convert(files, 'one', 2);
    await discardAbandoned();
    const given = [...files].map(([name, bytes]) => ({ path: name, file: new File([bytes], name) }));
    await installModel(fileSource(given), { id: 'm' });
    expect((await listUnfinished())[0]?.conversion?.doneBytes).toBeGreaterThan(0);
    expect(await convert(files)).not.toContain('params_shard_1.bin');
    expect(await hashesOf('m')).toEqual(await hashes(files));
    await deleteModel('m');
    expect(await stored()).toEqual([]);
  });

  test('does not count what the browser lost or damaged since', async () => {
    await convert(files, 'one', 2);
    const keys = (await stored()).filter((key) => key.startsWith('file/'));
    const damaged = files.get('params_shard_1.bin')!.slice();
    damaged[9]! ^= 1;
    await weights()('readwrite', (store) => {
      store.delete(keys.find((key) => key.endsWith('shard_0.bin'))!);
      store.put(new Blob([damaged]), keys.find((key) => key.endsWith('shard_1.bin'))!);
    });
    expect(await convert(files)).toEqual(
      expect.arrayContaining(['params_shard_0.bin', 'params_shard_1.bin']),
    );
    expect(await verifyModel('m')).toEqual([]);
  });

  test('with a file that is not what it says, or not there, is no model', async () => {
    const sink = new ConvertSink(ORDER);
    await sink.begin(outlineOf(files));
    const bytes = files.get('params_shard_0.bin')!;
    const wrong = { ...(await fileOf('params_shard_0.bin', bytes)), sha256: '0'.repeat(64) };
    expect(await codeOf(sink.write(wrong, bytes))).toMatchObject({ code: 'hash-mismatch' });
    expect(await codeOf(sink.finish())).toMatchObject({ code: 'model-incomplete' });
    expect(await listModels()).toEqual([]);
  });
});

describe('a model with bad files', () => {
  test('is mended by making those again', async () => {
    await convert(files);
    const [state] = await listModels();
    const key = (await stored()).find((name) => name.endsWith('shard_1.bin'))!;
    await weights()('readwrite', (store) => void store.put(new Blob(['bad']), key));
    const bad = await verifyModel('m');
    expect(bad).toEqual(['params_shard_1.bin']);
    await beginRepair(state!, bad);
    expect((await listUnfinished())[0]!.conversion).toMatchObject({ order: ORDER, need: 'at-once' });
    expect(await convert(files)).toEqual(['params_shard_1.bin']);
    expect(await verifyModel('m')).toEqual([]);
    expect((await listModels())[0]).toEqual(state);
  });

  test('keeps the rest when the repair is given up', async () => {
    await convert(files);
    await beginRepair((await listModels())[0]!, ['params_shard_1.bin']);
    await deleteConversion('m');
    expect(await hashesOf('m')).toEqual(await hashes(files));
  });
});

describe('a full disk', () => {
  test('is noticed before the first byte, with figures', async () => {
    vi.stubGlobal('navigator', {
      storage: { estimate: async () => ({ quota: (64 << 20) + 5000, usage: 1000 }) },
    });
    expect(await codeOf(convert(files))).toMatchObject({
      code: 'storage-full',
      details: { neededBytes: outlineOf(files).sizeBytes, freeBytes: 4000 },
    });
    expect(await stored()).toEqual([]);
  });

  test('does not cost what another conversion has done', async () => {
    await convert(files, 'one', 1);
    vi.stubGlobal('navigator', {
      storage: { estimate: async () => ({ quota: 64 << 20, usage: 0 }) },
    });
    expect(await codeOf(convert(files, 'two'))).toMatchObject({ code: 'storage-full' });
    vi.unstubAllGlobals();
    expect(await convert(files, 'one')).not.toContain('params_shard_0.bin');
  });

  test('in mid-way, keeps what is done', async () => {
    failPuts((key) => key.endsWith('params_shard_1.bin'), 'QuotaExceededError');
    const { code, details } = await codeOf(convert(files));
    const done = files.get('params_shard_0.bin')!.length;
    expect(code).toBe('storage-full');
    expect(details).toMatchObject({ neededBytes: outlineOf(files).sizeBytes - done });
    expect((await listUnfinished())[0]!.conversion!.doneBytes).toBe(done);
    vi.restoreAllMocks();
    expect(await convert(files)).not.toContain('params_shard_0.bin');
    expect(await hashesOf('m')).toEqual(await hashes(files));
  });

  test('the reason of the last stop is kept with it', async () => {
    const sink = new ConvertSink(ORDER);
    await sink.fail(new AppError('download-failed'));
    expect(await listUnfinished()).toEqual([]);
    await sink.begin(outlineOf(files));
    await sink.fail(new AppError('source-limited', { host: 'h' }));
    const { error } = (await listUnfinished())[0]!.conversion!;
    expect(error).toEqual({ code: 'source-limited', details: { host: 'h' } });
    await convert(files, 'one', 1);
    expect((await listUnfinished())[0]!.conversion!.error).toBeUndefined();
  });
});

test('a model that is being converted is not deleted or installed under its feet', async () => {
  await withConvertLock(
    'm',
    async () => {
      expect((await codeOf(deleteModel('m'))).code).toBe('conversion-running');
      expect((await codeOf(withConvertLock('n', async () => {}, signal))).code).toBe('conversion-running');
      await deleteModel('other');
    },
    signal,
  );
  await deleteModel('m');
});
const { signal } = new AbortController();

describe('cut off at any write of the database', () => {
  /** Writes and deletions of a whole conversion over a model that is there already. */
  async function countWrites(): Promise<number> {
    let count = 0;
    const stop = onWrite(() => {
      count += 1;
    });
    await convert(files, 'two');
    stop();
    return count;
  }

  test('it ends whole and identical, or goes on, and the model before it stays usable', async () => {
    await convert(files);
    const total = await countWrites();
    expect(total).toBeGreaterThan(20);
    let seed = 20;
    const random = () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return seed / 2 ** 32;
    };
    for (let round = 0; round < 30; round++) {
      await deleteModel('m');
      await convert(files, 'one');
      const at = Math.floor(random() * total);
      const how = random() < 0.5 ? 'throw' : 'abort';
      let seen = 0;
      const stop = onWrite((store) => {
        if (seen++ < at) return;
        // From here on nothing reaches the database: the process is gone.
        if (how === 'abort') store.transaction.abort();
        throw new DOMException('gone', 'UnknownError');
      });
      const { code } = await codeOf(convert(files, 'two'));
      stop();
      expect(['none', 'storage-failed']).toContain(code);
      expect(await hashesOf('m')).toEqual(await hashes(files));
      const done = (await listUnfinished())[0]?.files.filter(({ state }) => state === 'done').length ?? 0;
      const isPublished = (await listModels())[0]!.made!.fingerprint === 'two';
      const written = await convert(files, 'two');
      expect(written).toHaveLength(isPublished ? 0 : files.size - done);
      expect(await hashesOf('m')).toEqual(await hashes(files));
      expect(await verifyModel('m')).toEqual([]);
      expect((await stored()).filter((key) => key.startsWith('file/'))).toHaveLength(files.size);
      expect((await stored()).filter((key) => !key.startsWith('file/'))).toEqual(['state/m']);
    }
  });
});

/** Calls back before every write and deletion; what it throws, the write throws. */
function onWrite(before: (store: IDBObjectStore) => void): () => void {
  const put = IDBObjectStore.prototype.put;
  const remove = IDBObjectStore.prototype.delete;
  IDBObjectStore.prototype.put = function (value, key) {
    before(this);
    return put.call(this, value, key);
  };
  IDBObjectStore.prototype.delete = function (key) {
    before(this);
    return remove.call(this, key);
  };
  return () => Object.assign(IDBObjectStore.prototype, { put, delete: remove });
}

function failPuts(isHit: (key: string) => boolean, name: string): void {
  const put = IDBObjectStore.prototype.put;
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
    if (isHit(String(key))) throw new DOMException('full', name);
    return put.call(this, value, key);
  });
}
