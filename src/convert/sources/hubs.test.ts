/** What is particular to each source of the network: pinning, tokens, listings that lie, missing listings. */
import { afterEach, describe, expect, test } from 'vitest';
import { type OpenSourceOptions, openSource } from './open-source';
import type { SourceSpec } from './source-spec';
import { pageFetch } from './test-page-fetch';
import {
  type ServedFiles,
  type SourceServer,
  type SourceServerOptions,
  startSourceServer,
} from './test-source-server';
import {
  BIG,
  codeOf,
  errorOf,
  expectBytes,
  FILES,
  hostOf,
  MODEL,
  QUICK,
  randomBytes,
  streamed,
  text,
} from './test-sources';

const HF: SourceSpec = { kind: 'hugging-face', repo: 'aerie/tiny', revision: 'main' };
const MS: SourceSpec = { kind: 'modelscope', repo: 'aerie/tiny', revision: 'master' };

const servers: SourceServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(options: SourceServerOptions = {}, files: ServedFiles = FILES): Promise<SourceServer> {
  const server = await startSourceServer(files, options);
  servers.push(server);
  return server;
}

function open(server: SourceServer, spec: SourceSpec, options: OpenSourceOptions = {}) {
  const hosts = { huggingFace: server.origin, modelScope: server.origin };
  return openSource(spec, { timing: QUICK, hosts, ...options });
}
const address = (server: SourceServer): SourceSpec => ({ kind: 'url', url: server.folder() });

describe('Hugging Face', () => {
  test('a branch is pinned to its commit, which a push does not move', async () => {
    const server = await start();
    const commit = server.commit();
    const files = await open(server, HF);
    expect(files).toMatchObject({ origin: 'hf:aerie/tiny', revision: commit });
    server.replace('config.json', '{}');
    expectBytes(await files.read('config.json'), FILES['config.json']!);
    const fromCommit = await open(server, { ...HF, revision: commit } as SourceSpec);
    expect(fromCommit.identity).toBe(files.identity);
    const after = await open(server, HF);
    expect(after.revision).toBe(server.commit());
    expect(after.identity).not.toBe(files.identity);
  });

  test('a pull request and a listing of many pages', async () => {
    const server = await start({ pageSize: 1 });
    const files = await open(server, { ...HF, revision: 'refs/pr/1' } as SourceSpec);
    expect((await files.list()).map(({ name }) => name)).toEqual(Object.keys(FILES));
  });

  test('an unknown repository, a refused one, an answer that is none', async () => {
    const server = await start();
    const unknown = { ...HF, repo: 'aerie/absent' } as SourceSpec;
    expect(await errorOf(open(server, unknown))).toMatchObject({
      code: 'file-missing',
      details: { file: 'aerie/absent@main' },
    });
    server.fault({ kind: 'status', status: 401, path: '/revision/main' });
    expect(await codeOf(open(server, HF))).toBe('source-refused');
    server.fault({ kind: 'html', path: '/revision/main' });
    expect(await codeOf(open(server, HF))).toBe('file-missing');
    server.fault({ kind: 'status', status: 500, path: '/revision/main', times: 2 });
    server.fault({ kind: 'cut', path: `/tree/${server.commit()}`, afterBytes: 10 });
    expect((await open(server, HF)).revision).toBe(server.commit());
    server.fault({ kind: 'short', path: `/tree/${server.commit()}`, afterBytes: 10 });
    expect(await codeOf(open(server, HF))).toBe('format-invalid');
  });

  test('names that could climb out of an address never reach one', async () => {
    const server = await start();
    expect(await codeOf(open(server, { ...HF, repo: '../admin' } as SourceSpec))).toBe('model-unknown');
    expect(server.requests).toHaveLength(0);
  });
});

describe('tokens', () => {
  test('open a gated repository, and stay with their host when it redirects', async () => {
    const server = await start({ token: 'hf_secret', redirect: true });
    expect(await codeOf(open(server, HF))).toBe('source-refused');
    server.reset();
    const token = (host: string) => (host === hostOf(server) ? 'hf_secret' : undefined);
    const files = await open(server, HF, { token });
    expectBytes(await streamed(files, MODEL, 0, BIG.length), BIG);
    const cdnPort = Number(new URL(server.cdnOrigin).port);
    const onCdn = server.requests.filter(({ port }) => port === cdnPort);
    expect(onCdn.length).toBeGreaterThan(0);
    for (const { headers } of onCdn) expect(headers.authorization).toBeUndefined();
  });

  test('are asked for by host, and never sent to ModelScope', async () => {
    const server = await start();
    const asked = new Set<string>();
    const token = (host: string) => {
      asked.add(host);
      return host === 'huggingface.co' ? 'hf_secret' : undefined;
    };
    for (const spec of [HF, MS, address(server)]) {
      const files = await open(server, spec, { token });
      await files.read('config.json');
    }
    expect([...asked]).toEqual([hostOf(server)]);
    await open(server, MS, { token: () => 'other' });
    for (const { headers } of server.requests) expect(headers.authorization).toBeUndefined();
  });
});

describe('listings that lie', () => {
  test.each([HF, MS])('about lengths: $kind', async (spec) => {
    const server = await start({ listedSizes: { [MODEL]: BIG.length + 1000 } });
    const files = await open(server, spec);
    const error = await errorOf(streamed(files, MODEL, 0, BIG.length + 1000));
    expect(error).toMatchObject({
      code: 'file-truncated',
      details: { file: MODEL, expectedBytes: BIG.length + 1000, actualBytes: BIG.length },
    });
    const small = await start({ listedSizes: { [MODEL]: BIG.length - 1000 } });
    expect(await codeOf((await open(small, spec)).read(MODEL))).toBe('source-changed');
  });

  test('about an enormous length cost nothing', async () => {
    const server = await start({ listedSizes: { 'config.json': 2 ** 50 } });
    expect(await codeOf((await open(server, HF)).read('config.json'))).toBe('file-truncated');
  });
});

describe('a server without ranges', () => {
  test('is refused where a far range is needed', async () => {
    const big = randomBytes(10 << 20, 4);
    const server = await start({}, { 'config.json': '{}', 'model.safetensors': big });
    for (const spec of [HF, MS, address(server)]) {
      const files = await open(server, spec);
      server.fault({ kind: 'ignore-range', path: 'model.safetensors', times: 99 });
      const error = await errorOf(files.readRange('model.safetensors', 9 << 20, 10 << 20));
      expect(error).toMatchObject({ code: 'download-failed', details: { reason: 'no-ranges' } });
      expectBytes(await streamed(files, 'model.safetensors', 0, big.length), big);
      server.reset();
    }
  });
});

describe('an address', () => {
  test('asks for the index first, and for little besides', async () => {
    const server = await start();
    await open(server, address(server));
    const names = server.requests.map(({ path }) => path.split('/').at(-1));
    expect(names.slice(0, 2)).toEqual(['config.json', 'model.safetensors.index.json']);
    expect(names).not.toContain('pytorch_model.bin');
    expect(names.length).toBeLessThan(20);
    for (const { headers } of server.requests) expect(headers.range).toBeDefined();
  });

  test.each([
    [['config.json', 'model.safetensors', 'tokenizer.model', 'LICENSE']],
    [['config.json', 'pytorch_model.bin', 'generation_config.json']],
    [['params.json', 'pytorch_model.bin', 'vocab.json', 'merges.txt']],
    [['adapter_config.json', 'adapter_model.safetensors']],
    [['adapter_config.json', 'adapter_model.bin']],
  ])('finds %s', async (names) => {
    const contents = Object.fromEntries(names.map((name) => [name, text(`content of ${name}`)]));
    const server = await start({}, contents);
    const listed = await (await open(server, address(server))).list();
    expect(listed.map(({ name }) => name).sort()).toEqual([...names].sort());
    for (const { name, sizeBytes } of listed) expect(sizeBytes).toBe(contents[name]!.length);
  });

  test('an empty file is one', async () => {
    const server = await start({}, { 'config.json': '{}', 'model.safetensors': 'x', LICENSE: '' });
    const files = await open(server, address(server));
    expect(await files.list()).toContainEqual({ name: 'LICENSE', sizeBytes: 0 });
    expect(await files.read('LICENSE')).toHaveLength(0);
  });

  test('names what is missing: configuration, weights, a shard', async () => {
    const missing = async (files: ServedFiles) => {
      const server = await start({}, files);
      return (await errorOf(open(server, address(server)))).details.file;
    };
    expect(await missing({ 'model.safetensors': 'x' })).toBe('config.json');
    expect(await missing({ 'config.json': '{}' })).toBe('model.safetensors.index.json');
    const { [MODEL]: _, ...rest } = FILES;
    expect(await missing(rest)).toBe(MODEL);
  });

  test('an index that names files elsewhere is refused', async () => {
    const index = JSON.stringify({ weight_map: { a: '../secret.bin' } });
    const server = await start({}, { 'config.json': '{}', 'model.safetensors.index.json': index });
    expect(await codeOf(open(server, address(server)))).toBe('format-invalid');
  });

  test('a bucket answers 403 for what it does not have', async () => {
    const server = await start({}, { 'config.json': '{}', 'model.safetensors': 'x' });
    server.fault({ kind: 'status', status: 403, path: 'model.safetensors.index.json' });
    server.fault({ kind: 'status', status: 403, path: 'tokenizer.json' });
    expect((await (await open(server, address(server))).list()).map(({ name }) => name)).toEqual([
      'config.json',
      'model.safetensors',
    ]);
    server.fault({ kind: 'status', status: 403, path: 'config.json' });
    expect(await codeOf(open(server, address(server)))).toBe('source-refused');
  });

  test('a host that cannot be reached is given up on soon', async () => {
    const server = await start();
    await server.close();
    servers.length = 0;
    const error = await errorOf(open(server, address(server)));
    expect(error).toMatchObject({
      code: 'download-failed',
      details: { file: 'config.json', host: hostOf(server), reason: 'network' },
    });
  });

  test('its identity changes with any file', async () => {
    const server = await start();
    const before = (await open(server, address(server))).identity;
    server.replace('tokenizer.json', randomBytes(700_000, 8));
    expect((await open(server, address(server))).identity).not.toBe(before);
  });
});

describe.each(Object.entries({ HF, MS, URL: undefined }))('seen from a page: %s', (_, hub) => {
  test.each([false, true])('redirected: %s', async (redirect) => {
    const server = await start({ redirect });
    const spec = hub ?? address(server);
    const files = await open(server, spec, { fetch: pageFetch });
    for (const [name, bytes] of Object.entries(FILES)) expectBytes(await files.read(name), bytes);
    expect(await files.list()).toContainEqual({ name: MODEL, sizeBytes: BIG.length });
    expect(await codeOf(files.readRange(MODEL, 0, BIG.length + 1))).toBe('file-truncated');
    server.fault({ kind: 'cut', path: MODEL, afterBytes: 900_000 });
    expectBytes(await streamed(files, MODEL, 0, BIG.length), BIG);
    expect(server.requests.filter(({ method }) => method === 'OPTIONS')).toEqual([]);
  });

  test('a change is noticed by what a page can see', async () => {
    const server = await start();
    const files = await open(server, hub ?? address(server), { fetch: pageFetch });
    await files.readRange(MODEL, 0, 8);
    server.fault({
      kind: 'cut',
      path: MODEL,
      afterBytes: 900_000,
      onDone: () => server.replace(MODEL, FILES[MODEL]!),
    });
    // Hugging Face is read by commit, and its entity tag says that the bytes are the same.
    const expected = hub?.kind === 'hugging-face' ? 'internal' : 'source-changed';
    expect(await codeOf(streamed(files, MODEL, 0, BIG.length))).toBe(expected);
  });
});
