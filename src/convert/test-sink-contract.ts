/** What every place for packages must do; run over the sinks of the command line and of the page. */
import { expect, test } from 'vitest';
import { md5Hex, sha256Hex } from '../formats/hash';
import type { PackageOutline, PackageSink, WrittenFile } from '../formats/package-sink';
import { type Bytes, type MemoryFolder, textBytes } from '../formats/test-files';

/** A place as it outlives processes and pages. */
export interface SinkPlace {
  /** A sink as a new process, or a page that was opened again, makes it. */
  open(): PackageSink | Promise<PackageSink>;
  /** What the end of a process does for its sink: locks fall, nothing is tidied up. */
  end(sink: PackageSink): Promise<void>;
  /** The package, once it has appeared. */
  finished(): Promise<MemoryFolder | undefined>;
}

const FILES: readonly [string, Bytes][] = [
  ['params_shard_0.bin', Uint8Array.from({ length: 3001 }, (_, i) => i * 7)],
  ['params_shard_1.bin', Uint8Array.from({ length: 5 }, (_, i) => i)],
  ['params_shard_2.bin', Uint8Array.from({ length: 300 }, (_, i) => i * 3)],
  ['tokenizer.json', textBytes('{"a":1}')],
  ['aerie.json', textBytes('{}')],
];

function outlineOf(fingerprint: string, change: Partial<PackageOutline> = {}): PackageOutline {
  const shards = FILES.filter(([name]) => name.endsWith('.bin'));
  return {
    fingerprint,
    name: 'Test',
    source: 'hf:test/test',
    licence: '',
    quantization: 'q4f16_1',
    contextLength: 2048,
    shards: shards.map(([name, bytes]) => ({ name, sizeBytes: bytes.length })),
    sizeBytes: FILES.reduce((sum, [, bytes]) => sum + bytes.length, 0),
    ...change,
  };
}

async function written(name: string, bytes: Bytes): Promise<WrittenFile> {
  const file = { name, sizeBytes: bytes.length, sha256: await sha256Hex(bytes) };
  return name.endsWith('.bin') ? { ...file, md5: md5Hex(bytes) } : file;
}

async function write(sink: PackageSink, files: readonly [string, Bytes][]): Promise<void> {
  for (const [name, bytes] of files) await sink.write(await written(name, bytes), bytes.slice());
}

/** `makePlace` makes an empty one for each test. */
export function sinkContract(makePlace: () => SinkPlace | Promise<SinkPlace>): void {
  test('a package appears with finish, as a whole', async () => {
    const place = await makePlace();
    const sink = await place.open();
    expect((await sink.begin(outlineOf('a'))).size).toBe(0);
    await write(sink, FILES);
    expect(await place.finished()).toBeUndefined();
    await sink.finish();
    expect(await place.finished()).toEqual(new Map(FILES));
  });

  test('after every number of files, the next begin tells what is there and goes on', async () => {
    for (let count = 0; count <= FILES.length; count++) {
      const place = await makePlace();
      const first = await place.open();
      await first.begin(outlineOf('a'));
      await write(first, FILES.slice(0, count));
      await place.end(first);
      expect(await place.finished()).toBeUndefined();
      const second = await place.open();
      const found = await second.begin(outlineOf('a'));
      const expected = await Promise.all(FILES.slice(0, count).map(([name, bytes]) => written(name, bytes)));
      expect([...found.keys()].sort()).toEqual(expected.map(({ name }) => name).sort());
      for (const file of expected) expect(found.get(file.name)).toMatchObject(file);
      await write(second, FILES.slice(count));
      await second.finish();
      expect(await place.finished()).toEqual(new Map(FILES));
    }
  });

  test('a conversion begun once more by the same sink goes on, too', async () => {
    const place = await makePlace();
    const sink = await place.open();
    await sink.begin(outlineOf('a'));
    await write(sink, FILES.slice(0, 2));
    expect((await sink.begin(outlineOf('a'))).size).toBe(2);
    await write(sink, FILES.slice(2));
    await sink.finish();
    expect(await place.finished()).toEqual(new Map(FILES));
  });

  test('nothing of another conversion is left in the package', async () => {
    const place = await makePlace();
    const first = await place.open();
    await first.begin(outlineOf('a'));
    await write(first, [['params_shard_9.bin', textBytes('old')], ...FILES.slice(0, 2)]);
    await place.end(first);
    const second = await place.open();
    expect((await second.begin(outlineOf('b'))).size).toBe(0);
    await write(second, FILES);
    await second.finish();
    expect(await place.finished()).toEqual(new Map(FILES));
  });

  test('a file written again is the later one', async () => {
    const place = await makePlace();
    const sink = await place.open();
    await sink.begin(outlineOf('a'));
    await write(sink, [['tokenizer.json', textBytes('something else, and longer')], ...FILES]);
    await sink.finish();
    expect(await place.finished()).toEqual(new Map(FILES));
  });

  test('a package without one of its shards does not appear', async () => {
    const place = await makePlace();
    const sink = await place.open();
    await sink.begin(outlineOf('a'));
    await write(
      sink,
      FILES.filter(([name]) => name !== 'params_shard_1.bin'),
    );
    await expect(sink.finish()).rejects.toMatchObject({ code: expect.any(String) });
    expect(await place.finished()).toBeUndefined();
    await write(sink, FILES.slice(1, 2));
    await sink.finish();
    expect(await place.finished()).toEqual(new Map(FILES));
  });

  test('a second package takes the place of the first, which stands until then', async () => {
    const place = await makePlace();
    const first = await place.open();
    await first.begin(outlineOf('a'));
    await write(first, FILES);
    await first.finish();
    await place.end(first);
    const second = await place.open();
    expect((await second.begin(outlineOf('b'))).size).toBe(0);
    const changed = FILES.map(([name, bytes]): [string, Bytes] => [name, bytes.map((byte) => byte ^ 1)]);
    await write(second, changed);
    expect(await place.finished()).toEqual(new Map(FILES));
    await second.finish();
    expect(await place.finished()).toEqual(new Map(changed));
  });
}
