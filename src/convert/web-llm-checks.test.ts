/** What web-llm itself asks of a package: its cache lookup, its integrity check, and the bounds of its shard reader. */
import 'fake-indexeddb/auto';
import { createHash } from 'node:crypto';
import { type AppConfig, hasModelInCache, verifyIntegrity } from '@mlc-ai/web-llm';
import { beforeEach, expect, test } from 'vitest';
import type { MemoryFolder } from '../formats/test-files';
import { checkpointFolder, convertFolder, randomTensors, TEST_CONFIG } from './test-checkpoint';

const URL_OF_MODEL = 'https://weights.invalid/model/resolve/main/';
const APP: AppConfig = {
  model_list: [{ model_id: 'model', model: URL_OF_MODEL, model_lib: 'https://weights.invalid/lib.wasm' }],
  cacheBackend: 'indexeddb',
};

interface TensorCache {
  readonly metadata: { readonly ParamSize: number; readonly ParamBytes: number };
  readonly records: readonly {
    readonly dataPath: string;
    readonly format: string;
    readonly nbytes: number;
    readonly md5sum: string;
    readonly records: readonly {
      readonly name: string;
      readonly shape: readonly number[];
      readonly dtype: 'uint32' | 'float16' | 'float32';
      readonly format: string;
      readonly nbytes: number;
      readonly byteOffset: number;
    }[];
  }[];
}

let folder: MemoryFolder;
let cache: TensorCache;
beforeEach(async () => {
  // Wide enough for several shards' worth of tensors of every kind.
  const config = { ...TEST_CONFIG, hidden_size: 128, intermediate_size: 256 };
  folder = await convertFolder(checkpointFolder(randomTensors('F16', config), config));
  cache = JSON.parse(new TextDecoder().decode(folder.get('tensor-cache.json'))) as TensorCache;
});

/** Puts a file where web-llm's IndexedDB cache keeps it: table of contents parsed, everything else as bytes. */
async function store(names: Iterable<string>): Promise<void> {
  const request = indexedDB.open('webllm/model', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('urls', { keyPath: 'url' });
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const transaction = database.transaction('urls', 'readwrite');
  for (const name of names) {
    const data = name === 'tensor-cache.json' ? cache : folder.get(name)!.slice().buffer;
    transaction.objectStore('urls').put({ url: URL_OF_MODEL + name, data });
  }
  await new Promise((done) => {
    transaction.oncomplete = done;
  });
  database.close();
}

test('its cache lookup finds every file of a package, and misses one that is not there', async () => {
  const shards = cache.records.map(({ dataPath }) => dataPath);
  await store(['tensor-cache.json', ...shards.slice(1)]);
  expect(await hasModelInCache('model', APP)).toBe(false);
  await store(shards.slice(0, 1));
  expect(await hasModelInCache('model', APP)).toBe(true);
});

test('its integrity check accepts the hashes of aerie.json, and nothing else', async () => {
  const { files } = JSON.parse(new TextDecoder().decode(folder.get('aerie.json'))) as {
    files: { name: string; sha256: string }[];
  };
  const config = files.find(({ name }) => name === 'mlc-chat-config.json')!;
  const sri = `sha256-${Buffer.from(config.sha256, 'hex').toString('base64')}`;
  const bytes = folder.get(config.name)!.slice();
  await verifyIntegrity(bytes.buffer, sri, URL_OF_MODEL + config.name);
  bytes[0]! ^= 1;
  await expect(verifyIntegrity(bytes.buffer, sri, URL_OF_MODEL + config.name)).rejects.toThrow(/ntegrity/);
});

test('every record lies within its shard, in the length that its shape asks for', () => {
  const BYTES = { uint32: 4, float16: 2, float32: 4 };
  let tensors = 0;
  for (const shard of cache.records) {
    const bytes = folder.get(shard.dataPath)!;
    expect(shard).toMatchObject({ format: 'raw-shard', nbytes: bytes.length });
    expect(createHash('md5').update(bytes).digest('hex')).toBe(shard.md5sum);
    for (const { shape, dtype, format, nbytes, byteOffset } of shard.records) {
      expect(format).toBe('raw');
      expect(nbytes).toBe(shape.reduce((a, b) => a * b, BYTES[dtype]));
      expect(byteOffset >= 0 && byteOffset + nbytes <= shard.nbytes).toBe(true);
      tensors++;
    }
  }
  expect(cache.metadata.ParamSize).toBe(tensors);
});

test('the configuration has what its engine cannot do without', () => {
  const config = JSON.parse(new TextDecoder().decode(folder.get('mlc-chat-config.json'))) as Record<
    string,
    unknown
  >;
  expect(config).toMatchObject({
    vocab_size: TEST_CONFIG.vocab_size,
    temperature: expect.any(Number),
    repetition_penalty: expect.any(Number),
    context_window_size: expect.any(Number),
    sliding_window_size: -1,
    conv_template: { roles: expect.any(Object), seps: expect.any(Array), stop_token_ids: expect.any(Array) },
  });
  expect((config.conv_template as { seps: unknown[] }).seps.length).toBeGreaterThan(0);
});
