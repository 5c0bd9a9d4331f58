/** Everything that hosts of checkpoints do wrong, through each source of the network. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../core/errors';
import type { CheckpointFiles } from '../../formats/package-files';
import { type SourceServer, startSourceServer } from './test-source-server';
import {
  BIG,
  codeOf,
  errorOf,
  expectBytes,
  FILES,
  hostOf,
  MODEL,
  networkSources,
  randomBytes,
  streamed,
} from './test-sources';

let server: SourceServer;

beforeAll(async () => {
  server = await startSourceServer(FILES);
});
afterAll(() => server.close());
afterEach(() => {
  server.reset();
  server.replace(MODEL, BIG);
});

const wholeModel = (files: CheckpointFiles) => streamed(files, MODEL, 0, BIG.length);
const rangeStart = (range: string | undefined) => Number(/=(\d+)/.exec(range ?? '')?.[1]);

const SHORT_STALL = { stallMs: 250 };

describe.each(Object.entries(networkSources(() => server)))('%s, over a bad network', (name, open) => {
  test('takes up cut, stalled and short answers where they ended', async () => {
    const files = await open(SHORT_STALL);
    server.fault({ kind: 'cut', path: MODEL });
    server.fault({ kind: 'cut', path: MODEL, afterBytes: 1_000_000 });
    server.fault({ kind: 'stall', path: MODEL, afterBytes: 400_000 });
    server.fault({ kind: 'short', path: MODEL, afterBytes: 300_000 });
    expectBytes(await wholeModel(files), BIG);
    const starts = server.requests
      .filter((r) => r.path.endsWith(MODEL))
      .map((r) => rangeStart(r.headers.range));
    expect(starts.at(-1)).toBeGreaterThan(1_000_000);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
  });

  test('gives up on a host that stays silent', async () => {
    const files = await open(SHORT_STALL);
    server.fault({ kind: 'stall', path: MODEL, times: 99 });
    const error = await errorOf(wholeModel(files));
    expect(error).toMatchObject({ code: 'download-failed', details: { file: MODEL, reason: 'stalled' } });
  });

  test('faults are forgiven when much came in between', async () => {
    const files = await open();
    server.fault({ kind: 'cut', path: MODEL, afterBytes: 1_100_000, times: 2 });
    server.fault({ kind: 'status', status: 502, path: MODEL, times: 3 });
    expectBytes(await wholeModel(files), BIG);
  });

  test.each([408, 429, 500, 503])('waits and asks again after %i', async (status) => {
    const files = await open();
    server.fault({ kind: 'status', status, path: MODEL, times: 3 });
    expectBytes(await wholeModel(files), BIG);
  });

  test('does what Retry-After asks, within bounds', async () => {
    const files = await open();
    server.fault({ kind: 'status', status: 503, headers: { 'retry-after': '1' }, path: MODEL });
    const started = performance.now();
    expectBytes(await wholeModel(files), BIG);
    expect(performance.now() - started).toBeGreaterThan(990);

    for (const headers of [{ 'retry-after': '300' }, { ratelimit: '"resolvers";r=0;t=300' }]) {
      server.fault({ kind: 'status', status: 429, headers, path: MODEL });
      const error = await errorOf(wholeModel(files));
      expect(error).toMatchObject({
        code: 'source-limited',
        details: { host: hostOf(server), waitSeconds: 300 },
      });
    }
    const date = new Date(Date.now() + 600_000).toUTCString();
    server.fault({ kind: 'status', status: 429, headers: { 'retry-after': date }, path: MODEL });
    expect(await codeOf(wholeModel(files))).toBe('source-limited');
  });

  test('too many 429 and 500 end it', async () => {
    const files = await open();
    server.fault({ kind: 'status', status: 429, path: MODEL, times: 5 });
    expect(await codeOf(wholeModel(files))).toBe('source-limited');
    server.fault({ kind: 'status', status: 500, path: MODEL, times: 5 });
    const error = await errorOf(wholeModel(files));
    expect(error).toMatchObject({ code: 'download-failed', details: { file: MODEL, status: 500 } });
  });

  test.each([401, 403])('%i is a refusal', async (status) => {
    const files = await open();
    server.fault({ kind: 'status', status, path: MODEL });
    const error = await errorOf(wholeModel(files));
    expect(error.code).toBe('source-refused');
    expect(error.details).toEqual({ host: hostOf(server), file: MODEL, status });
  });

  test('404, and the start page of an application, are a missing file', async () => {
    const files = await open();
    server.fault({ kind: 'status', status: 404, path: MODEL });
    expect(await codeOf(wholeModel(files))).toBe('file-missing');
    server.fault({ kind: 'html', path: MODEL });
    expect(await codeOf(wholeModel(files))).toBe('file-missing');
  });

  test('a server without ranges serves streams from the start and near ones', async () => {
    const files = await open();
    server.fault({ kind: 'ignore-range', path: MODEL, times: 99 });
    expectBytes(await wholeModel(files), BIG);
    expectBytes(await files.readRange(MODEL, 2_000_000, 2_900_000), BIG.subarray(2_000_000, 2_900_000));
  });

  test('a cut stream from such a server passes over what it has', async () => {
    const files = await open();
    server.fault({ kind: 'cut', path: MODEL, afterBytes: 1_500_000 });
    server.fault({ kind: 'ignore-range', path: MODEL });
    expectBytes(await wholeModel(files), BIG);
  });

  test('a range that starts too late is refused, one that starts early is not', async () => {
    const files = await open();
    server.fault({ kind: 'wrong-start', path: MODEL, shiftBytes: 10 });
    const error = await errorOf(files.readRange(MODEL, 1_000_000, 2_000_000));
    // A page cannot see where a range from ModelScope starts; here everything is seen.
    expect(error).toMatchObject({ code: 'download-failed', details: { reason: 'no-ranges' } });
    server.fault({ kind: 'wrong-start', path: MODEL, shiftBytes: -1000 });
    expectBytes(await files.readRange(MODEL, 1_000_000, 2_000_000), BIG.subarray(1_000_000, 2_000_000));
  });

  test('follows a redirect, not for ever', async () => {
    const files = await open();
    server.fault({ kind: 'redirect', path: MODEL, to: 'cdn' });
    expectBytes(await wholeModel(files), BIG);
    server.fault({ kind: 'redirect', path: MODEL, to: server.origin, times: 999 });
    expect(await codeOf(wholeModel(files))).toBe('download-failed');
  });

  test('a file that changes in mid-download is noticed', async () => {
    const other = randomBytes(BIG.length, 9);
    const files = await open();
    const onDone = () => server.replace(MODEL, other);
    server.fault({ kind: 'cut', path: MODEL, afterBytes: 1_000_000, onDone });
    const error = await errorOf(wholeModel(files));
    if (name === 'Hugging Face') {
      // Its files are addressed by commit: the old one is still served.
      expect(error.code).toBe('internal');
    } else expect(error).toMatchObject({ code: 'source-changed', details: { file: MODEL } });
  });

  test('a changed length is noticed at the next request', async () => {
    const files = await open();
    expectBytes(await files.readRange(MODEL, 0, 8), BIG.subarray(0, 8));
    server.fault({ kind: 'wrong-total', path: MODEL, totalBytes: BIG.length + 1, times: 99 });
    expect(await codeOf(wholeModel(files))).toBe('source-changed');
  });

  test('416 means that the file is shorter than it was said to be', async () => {
    const files = await open();
    server.fault({ kind: 'status', status: 416, path: MODEL });
    expect(await codeOf(wholeModel(files))).toBe('file-truncated');
  });

  test('the signal ends reads, pauses and stalls at once', async () => {
    for (const fault of [
      { kind: 'stall', path: MODEL, afterBytes: 1000 },
      { kind: 'status', status: 503, headers: { 'retry-after': '1' }, path: MODEL },
    ] as const) {
      const stop = new AbortController();
      const files = await open({ signal: stop.signal });
      server.fault(fault);
      const reading = errorOf(wholeModel(files));
      setTimeout(() => stop.abort(), 30);
      const started = performance.now();
      expect((await reading).code).toBe('aborted');
      expect(performance.now() - started).toBeLessThan(900);
      expect(await codeOf(files.readRange(MODEL, 0, 1))).toBe('aborted');
    }
  });

  test('a stalled stream can be left at once', async () => {
    const files = await open();
    server.fault({ kind: 'stall', path: MODEL, times: 99 });
    const pieces = files.stream!(MODEL, 0, BIG.length)[Symbol.asyncIterator]();
    const next = pieces.next().catch((error: unknown) => AppError.from(error).code);
    const started = performance.now();
    await pieces.return?.();
    expect(await next).toBe('aborted');
    expect(performance.now() - started).toBeLessThan(900);
  });

  test('asks by GET alone, without referrer, cookies or other headers of its own', async () => {
    await wholeModel(await open());
    const ordinary = /^(host|connection|accept|accept-language|accept-encoding|user-agent|sec-fetch-mode)$/;
    for (const { method, headers } of server.requests) {
      expect(method).toBe('GET');
      const own = Object.keys(headers).filter((header) => !ordinary.test(header));
      // `cache: no-store` adds two that no server has to allow.
      expect(own.filter((header) => !/^(range|cache-control|pragma)$/.test(header))).toEqual([]);
    }
  });

  test('small reads that lie together are few requests', async () => {
    const files = await open();
    server.reset();
    for (let at = 0; at < 50_000; at += 500) await files.readRange(MODEL, at, at + 8);
    for (let at = 1; at < 40_000; at += 500) await files.readRange(MODEL, BIG.length - at, BIG.length);
    expect(server.requests.length).toBeLessThanOrEqual(3);
  });
});
