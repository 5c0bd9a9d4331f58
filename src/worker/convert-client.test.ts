/** The page's side and the worker's, joined by a channel, over the real converter and a fake IndexedDB. */
import 'fake-indexeddb/auto';
import { createStore, entries } from 'idb-keyval';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BlockQuantizer } from '../convert/block-quantizer';
import type { ConvertProgress } from '../convert/progress';
import { threadQuantizer } from '../convert/quantize-block';
import { checkpointFolder, convertFolder, memoryCheckpoint } from '../convert/test-checkpoint';
import { AppError } from '../core/errors';
import { sha256Hex } from '../formats/hash';
import type { MemoryFolder } from '../formats/test-files';
import type { ConvertOrder } from '../store/convert-order';
import { writeHubToken } from '../store/hub-tokens';
import { deleteModel, listModels, listUnfinished, openModel, verifyModel } from '../store/weights';
import {
  checkSource,
  convert,
  listConversions,
  orderOf,
  removeConversion,
  repair,
  repairNeed,
} from './convert-client';
import { ConvertHandler } from './convert-handler';
import { neededFiles } from './open-sources';
import { ChannelWorker } from './test-channel';

const BASE = 'https://hub.test/my-model/';
const folder = checkpointFolder();
const given = (all: MemoryFolder, label = 'my-model') =>
  [...all].map(([name, bytes]) => ({
    path: `${label}/${name}`,
    file: new File([bytes], name, { lastModified: 1 }),
  }));

const REMOTE: ConvertOrder = {
  kind: 'convert',
  id: 'm',
  name: 'My model',
  source: { kind: 'url', url: BASE },
  quantization: 'q4f16_1',
  licence: 'aquila',
};
const LOCAL: ConvertOrder = { ...REMOTE, source: { kind: 'files', label: 'my-model', files: given(folder) } };

let worker: ChannelWorker;
/** Called before each block of a run is quantised, with its number. */
let onBlock: ((count: number) => Promise<void> | void) | undefined;
const makeWorker = () => {
  let count = 0;
  const thread = threadQuantizer();
  const quantizer: BlockQuantizer = {
    ...thread,
    async quantize(block) {
      await onBlock?.(++count);
      return thread.quantize(block);
    },
  };
  worker = new ChannelWorker((post) => {
    const handler = new ConvertHandler(
      (message) => post(message),
      async () => quantizer,
    );
    return (message) => handler.handle(message);
  });
  return worker;
};

/** A server of the folder, and what it was asked. */
let asked: { name: string; authorization: string | null }[] = [];
function serve(all: MemoryFolder): void {
  vi.stubGlobal('fetch', async (input: string, init: RequestInit) => {
    const name = decodeURIComponent(String(input).slice(BASE.length));
    const headers = new Headers(init.headers);
    asked.push({ name, authorization: headers.get('authorization') });
    init.signal?.throwIfAborted();
    const bytes = all.get(name);
    if (!bytes) return new Response('', { status: 404 });
    const [, start, end] = /bytes=(\d+)-(\d*)/.exec(headers.get('range') ?? '') ?? [];
    if (start === undefined) return new Response(bytes);
    const part = bytes.slice(Number(start), end ? Number(end) + 1 : undefined);
    const range = `bytes ${start}-${Number(start) + part.length - 1}/${bytes.length}`;
    return new Response(part, { status: 206, headers: { 'content-range': range } });
  });
}

beforeEach(() => {
  asked = [];
  onBlock = undefined;
});
afterEach(async () => {
  vi.unstubAllGlobals();
  for (const { id } of [...(await listModels()), ...(await listUnfinished())]) await deleteModel(id);
});

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error) => AppError.from(error).code,
  );
const hashes = async (all: MemoryFolder) =>
  Object.fromEntries(
    await Promise.all([...all].map(async ([name, bytes]) => [name, await sha256Hex(bytes)])),
  );
const storedHashes = async (id: string) => {
  const files = await openModel(id);
  const names = (await files.list()).map(({ name }) => name);
  return hashes(
    new Map(await Promise.all(names.map(async (name) => [name, await files.read(name)] as const))),
  );
};
/** What the command line would make of it. */
const expected = async (origin: string) =>
  hashes(
    await convertFolder(folder, 'q4f16_1', {
      source: { ...memoryCheckpoint(folder), origin },
      about: { name: REMOTE.name, licence: REMOTE.licence },
    }),
  );

test('given files become the package that the converter makes of them, with progress to exactly 1', async () => {
  const seen: ConvertProgress[] = [];
  const result = await convert(LOCAL, { onProgress: (progress) => seen.push(progress) }, makeWorker);
  expect(result).toMatchObject({ modelId: 'm', corrections: [], ignoredTensors: [] });
  expect(await storedHashes('m')).toEqual(await expected('my-model'));
  const shares = seen.map(({ share }) => share);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(shares.at(-1)).toBe(1);
  expect(worker.isTerminated).toBe(true);
  expect(await listConversions()).toEqual([]);
});

test('an address becomes a model; its token goes to its host only', async () => {
  serve(folder);
  await writeHubToken('hub.test', 'secret');
  await writeHubToken('other.test', 'other');
  await convert(REMOTE, {}, makeWorker);
  expect(await storedHashes('m')).toEqual(await expected(BASE));
  expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer secret']));
  expect(JSON.stringify(await listModels())).not.toContain('secret');
});

describe('one that ended early', () => {
  test('with an error is listed with it, and goes on', async () => {
    serve(folder);
    onBlock = (count) => {
      if (count === 3) throw new AppError('source-limited', { host: 'hub.test' });
    };
    expect(await codeOf(convert(REMOTE, {}, makeWorker))).toBe('source-limited');
    const [left] = await listConversions();
    const error = { code: 'source-limited', details: { host: 'hub.test' } };
    expect(left).toMatchObject({ id: 'm', name: 'My model', need: 'at-once', error, doneBytes: 0 });
    onBlock = undefined;
    await convert(await orderOf('m'), {}, makeWorker);
    expect(await storedHashes('m')).toEqual(await expected(BASE));
    expect(await listConversions()).toEqual([]);
  });

  test('by the user keeps no error, and can be thrown away', async () => {
    const stop = new AbortController();
    serve(folder);
    onBlock = (count) => {
      if (count === 3) stop.abort();
    };
    expect(await codeOf(convert(REMOTE, { signal: stop.signal }, makeWorker))).toBe('aborted');
    const [left] = await listConversions();
    expect(left?.id).toBe('m');
    expect(left?.error).toBeUndefined();
    await removeConversion('m');
    expect(await entries(createStore('aerie-weights', 'files'))).toEqual([]);
    expect(await codeOf(orderOf('m'))).toBe('model-unknown');
    expect(await codeOf(convert(REMOTE, { signal: stop.signal }, makeWorker))).toBe('aborted');
  });

  test('of given files asks for the same files, and takes no others', async () => {
    onBlock = () => {
      worker.crash();
      // What a dead thread does not do: here it must end to give its locks back.
      throw new AppError('aborted');
    };
    expect(await codeOf(convert(LOCAL, {}, makeWorker))).toBe('worker-crashed');
    onBlock = undefined;
    await new Promise((resolve) => setTimeout(resolve, 20));
    const [left] = await listConversions();
    expect(left).toMatchObject({
      need: 'needs-files',
      order: { source: { kind: 'files', label: 'my-model' } },
    });
    expect(await codeOf(orderOf('m'))).toBe('file-missing');
    const others = new Map([...folder, ['merges.txt', new TextEncoder().encode('#version: 0.2\n\n')]]);
    const wrong = given(others);
    const order = await orderOf('m', { source: wrong });
    expect(await codeOf(convert(order, {}, makeWorker))).toBe('source-changed');
    expect(await listConversions()).toMatchObject([{ id: 'm' }]);
    // Under another folder's name, and without one.
    const again = given(folder).map(({ path, file }) => ({ path: path.replace('my-model/', ''), file }));
    await convert(await orderOf('m', { source: again }), {}, makeWorker);
    expect(await storedHashes('m')).toEqual(await expected('my-model'));
  });

  test('is not disturbed by another one, whichever model that is for', async () => {
    serve(folder);
    const codes: string[] = [];
    onBlock = async (count) => {
      if (count !== 3) return;
      const running = worker;
      codes.push(await codeOf(convert({ ...REMOTE, id: 'other' }, {}, makeWorker)));
      codes.push(await codeOf(convert(REMOTE, {}, makeWorker)));
      codes.push(await codeOf(removeConversion('m')), await codeOf(deleteModel('m')));
      worker = running;
    };
    await convert(REMOTE, {}, makeWorker);
    expect(codes).toEqual(Array(4).fill('conversion-running'));
    expect(await storedHashes('m')).toEqual(await expected(BASE));
  });
});

describe('repair', () => {
  const damage = async (name: string) => {
    const database = createStore('aerie-weights', 'files');
    const key = (await entries<string, unknown>(database)).find(([key]) => key.endsWith(name))![0];
    await database('readwrite', (store) => void store.put(new Blob(['bad']), key));
  };

  test('makes a bad file again and leaves the rest', async () => {
    serve(folder);
    await convert(REMOTE, {}, makeWorker);
    const [model] = await listModels();
    await damage('vocab.json');
    const bad = await verifyModel('m');
    expect(repairNeed(model!)).toBe('at-once');
    asked = [];
    let blocks = 0;
    onBlock = () => {
      blocks += 1;
    };
    await repair('m', bad, {}, makeWorker);
    expect(blocks).toBe(0);
    expect(await storedHashes('m')).toEqual(await expected(BASE));
    expect(await listModels()).toEqual([model]);
    await damage('params_shard_0.bin');
    await repair('m', await verifyModel('m'), {}, makeWorker);
    expect(blocks).toBeGreaterThan(0);
    expect(await verifyModel('m')).toEqual([]);
  });

  test('does not mix in a checkpoint that has changed since', async () => {
    serve(folder);
    await convert(REMOTE, {}, makeWorker);
    await damage('params_shard_0.bin');
    serve(checkpointFolder());
    const changed = new Map([
      ...checkpointFolder(),
      ['merges.txt', new TextEncoder().encode('#version: 0.3\n')],
    ]);
    serve(changed);
    expect(await codeOf(repair('m', ['params_shard_0.bin'], {}, makeWorker))).toBe('source-changed');
    expect(await listConversions()).toEqual([]);
    expect(await listModels()).toHaveLength(1);
  });

  test('of given files needs them again', async () => {
    await convert(LOCAL, {}, makeWorker);
    expect(repairNeed((await listModels())[0]!)).toBe('needs-files');
    await damage('params_shard_0.bin');
    const bad = await verifyModel('m');
    expect(await codeOf(repair('m', bad, {}, makeWorker))).toBe('file-missing');
    await repair('m', bad, { given: { source: given(folder) } }, makeWorker);
    expect(await verifyModel('m')).toEqual([]);
  });
});

test('a source tells what there is to download, and why it cannot be read', async () => {
  serve(new Map([...folder, ['README.md', new Uint8Array(9)]]));
  const report = await checkSource(REMOTE.source, undefined, makeWorker);
  expect(report.origin).toBe(BASE);
  expect(report.files.map(({ name }) => name).sort()).toEqual([...folder.keys()].sort());
  serve(new Map());
  expect(await codeOf(checkSource(REMOTE.source, undefined, makeWorker))).toBe('file-missing');
});

test('of two formats of the same weights one is downloaded', () => {
  const list = (...names: string[]) => names.map((name) => ({ name, sizeBytes: 1 }));
  const namesOf = (...names: string[]) => neededFiles(list(...names)).map(({ name }) => name);
  const texts = ['config.json', 'tokenizer.model', 'merges.txt', 'LICENSE'];
  const torch = ['pytorch_model-00001-of-00002.bin', 'pytorch_model.bin.index.json'];
  const safe = ['model-00001-of-00001.safetensors', 'model.safetensors.index.json'];
  expect(namesOf(...texts, ...torch, ...safe, 'README.md', 'demo.py')).toEqual([...texts, ...safe]);
  expect(namesOf(...texts, ...torch, 'training_args.bin')).toEqual([...texts, ...torch]);
  expect(namesOf(...texts, 'consolidated.00.pth')).toEqual([...texts, 'consolidated.00.pth']);
});
