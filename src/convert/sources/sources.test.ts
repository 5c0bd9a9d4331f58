/** One contract for everything that a checkpoint can come from, over a real server on this machine. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folderFiles } from '../../cli/folder-files';
import { givenFiles } from './given-files';
import { type SourceServer, startSourceServer } from './test-source-server';
import {
  BIG,
  codeOf,
  drain,
  errorOf,
  expectBytes,
  FILES,
  MODEL,
  networkSources,
  type Open,
  streamed,
} from './test-sources';

let server: SourceServer;
let folder: string;

beforeAll(async () => {
  server = await startSourceServer(FILES, { pageSize: 2 });
  folder = mkdtempSync(join(tmpdir(), 'aerie-source-'));
  for (const [name, bytes] of Object.entries(FILES)) writeFileSync(join(folder, name), bytes);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const ALL: Record<string, Open> = {
  ...networkSources(() => server),
  'given files': () =>
    givenFiles(
      Object.entries(FILES).map(([name, bytes]) => ({
        path: `Tiny/${name}`,
        file: new File([bytes], name, { lastModified: 1 }),
      })),
    ),
  'a folder': async () => folderFiles(folder),
};

describe.each(Object.entries(ALL))('%s', (_, open) => {
  test('lists every file with its length', async () => {
    const listed = await (await open()).list();
    expect(Object.fromEntries(listed.map(({ name, sizeBytes }) => [name, sizeBytes]))).toEqual(
      Object.fromEntries(Object.entries(FILES).map(([name, bytes]) => [name, bytes.length])),
    );
  });

  test('reads whole files', async () => {
    const files = await open();
    for (const [name, bytes] of Object.entries(FILES)) expectBytes(await files.read(name), bytes);
  });

  test('reads ranges of every length and position', async () => {
    const files = await open();
    const ends = [0, 1, 8, 65_535, 65_536, 65_537, 700_001, BIG.length - 1, BIG.length];
    for (const start of ends) {
      for (const end of ends.filter((end) => end >= start)) {
        expectBytes(await files.readRange(MODEL, start, end), BIG.subarray(start, end));
      }
    }
  });

  test('streams stretches in order', async () => {
    const files = await open();
    if (!files.stream) return;
    for (const [start, end] of [
      [0, BIG.length],
      [1, 1],
      [5, 9],
      [1000, 2_000_001],
    ] as const) {
      expectBytes(await streamed(files, MODEL, start, end), BIG.subarray(start, end));
    }
  });

  test('a stream may be left early', async () => {
    const files = await open();
    if (!files.stream) return;
    for await (const piece of files.stream(MODEL, 0, BIG.length)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expectBytes(await files.readRange(MODEL, 7, 17), BIG.subarray(7, 17));
  });

  test('many readers at once', async () => {
    const files = await open();
    const starts = Array.from({ length: 20 }, (_, i) => i * 140_000);
    const parts = await Promise.all(starts.map((start) => files.readRange(MODEL, start, start + 3000)));
    parts.forEach((part, i) => {
      expectBytes(part, BIG.subarray(starts[i], starts[i]! + 3000));
    });
  });

  test('a missing file is missing', async () => {
    const files = await open();
    for (const name of ['absent.json', '../config.json', '']) {
      expect(await codeOf(files.read(name))).toBe('file-missing');
      expect(await codeOf(files.readRange(name, 0, 1))).toBe('file-missing');
    }
  });

  test('nothing lies past the end', async () => {
    const files = await open();
    for (const [start, end] of [
      [0, BIG.length + 1],
      [BIG.length - 1, BIG.length + 1],
      [BIG.length, BIG.length + 5],
      [BIG.length + 10, BIG.length + 20],
    ] as const) {
      const error = await errorOf(files.readRange(MODEL, start, end));
      expect(error).toMatchObject({ code: 'file-truncated', details: { file: MODEL, expectedBytes: end } });
      if (files.stream) expect(await codeOf(drain(files.stream(MODEL, start, end)))).toBe('file-truncated');
    }
  });

  test('says where it comes from, the same each time', async () => {
    const [first, second] = [await open(), await open()];
    expect(first.origin).not.toBe('');
    expect(first.identity).toMatch(/^[0-9a-f]{64}$/);
    expect(second.identity).toBe(first.identity);
  });
});
