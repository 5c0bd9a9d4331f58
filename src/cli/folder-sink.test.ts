import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { interruptionContract } from '../convert/test-interruptions';
import { sinkContract } from '../convert/test-sink-contract';
import { sha256Hex } from '../formats/hash';
import type { PackageOutline, PackageSink } from '../formats/package-sink';
import { textBytes } from '../formats/test-files';
import { type FolderSink, folderSink } from './folder-sink';

// In memory where the system offers it: every file is synchronised with the disk four times.
const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'aerie-sink-'));
afterAll(() => rmSync(root, { recursive: true }));
let places = 0;
const newTarget = () => join(root, `place-${places++}`, 'model');
const partialOf = (target: string) => join(target, '../.model.partial');

function contents(target: string) {
  try {
    return new Map(
      readdirSync(target).map((name) => [name, new Uint8Array(readFileSync(join(target, name)))]),
    );
  } catch {
    return undefined;
  }
}

function makePlace() {
  const target = newTarget();
  return {
    open: () => folderSink(target),
    end: (sink: PackageSink) => (sink as FolderSink).close(),
    finished: async () => contents(target),
  };
}

describe('folder', () => {
  sinkContract(makePlace);
  interruptionContract(makePlace);
});

const OUTLINE: PackageOutline = {
  fingerprint: 'f',
  name: '',
  source: '',
  licence: '',
  quantization: 'q4f16_1',
  contextLength: 1,
  shards: [{ name: 'params_shard_0.bin', sizeBytes: 4 }],
  sizeBytes: 4,
};
const SHARD = textBytes('four');
const shardFile = async () => ({ name: 'params_shard_0.bin', sizeBytes: 4, sha256: await sha256Hex(SHARD) });

test('one at a time; the lock of a process that is gone is taken over', async () => {
  const target = newTarget();
  const [first, second] = [folderSink(target), folderSink(target)];
  await first.begin(OUTLINE);
  await expect(second.begin(OUTLINE)).rejects.toMatchObject({ code: 'conversion-running' });
  await expect(second.discard()).rejects.toMatchObject({ code: 'conversion-running' });
  await second.close();
  await expect(folderSink(target).begin(OUTLINE)).rejects.toMatchObject({ code: 'conversion-running' });
  await first.close();
  for (const stale of ['4194304 1\n', `${process.pid} 1\n`, '', 'nonsense']) {
    mkdirSync(partialOf(target), { recursive: true });
    writeFileSync(join(partialOf(target), 'lock'), stale);
    const next = folderSink(target);
    await next.begin(OUTLINE);
    await next.close();
  }
  const several = await Promise.allSettled([1, 2, 3, 4].map(() => folderSink(target).begin(OUTLINE)));
  expect(several.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('what was damaged or half written since does not count', async () => {
  const target = newTarget();
  const sink = folderSink(target);
  const begin = async () => [...(await sink.begin(OUTLINE)).keys()];
  await sink.begin(OUTLINE);
  await sink.write(await shardFile(), SHARD);
  expect(await begin()).toEqual(['params_shard_0.bin']);
  writeFileSync(join(partialOf(target), 'package/params_shard_0.bin'), 'fous');
  expect(await begin()).toEqual([]);
  await sink.write(await shardFile(), SHARD);
  writeFileSync(join(partialOf(target), 'package/params_shard_0.bin'), 'fo');
  expect(await begin()).toEqual([]);
  await sink.write(await shardFile(), SHARD);
  writeFileSync(join(partialOf(target), 'state.json'), '{"format":1,');
  expect(await begin()).toEqual([]);
  await sink.close();
});

test('says how much room is missing before anything is written', async () => {
  const target = newTarget();
  const sink = folderSink(target);
  const neededBytes = 2 ** 52;
  const error = await sink.begin({ ...OUTLINE, sizeBytes: neededBytes }).catch((e: unknown) => e);
  expect(error).toMatchObject({ code: 'storage-full', details: { neededBytes } });
  const { freeBytes } = (error as { details: { freeBytes: number } }).details;
  expect(freeBytes / (statfsSync(root).bavail * statfsSync(root).bsize)).toBeCloseTo(1, 1);
  await sink.discard();
  expect(readdirSync(join(target, '..'))).toEqual([]);
});

test('what stood under the name comes back when the replacement was cut off between its two steps', async () => {
  const target = newTarget();
  const old = join(partialOf(target), 'old');
  mkdirSync(old, { recursive: true });
  writeFileSync(join(old, 'aerie.json'), 'old');
  const sink = folderSink(target);
  await sink.begin(OUTLINE);
  expect(contents(target)?.get('aerie.json')).toEqual(textBytes('old'));
  await sink.write(await shardFile(), SHARD);
  await sink.finish();
  expect([...contents(target)!.keys()]).toEqual(['params_shard_0.bin']);
  expect(readdirSync(join(target, '..'))).toEqual(['model']);
});
