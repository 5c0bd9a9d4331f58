import { describe, expect, test } from 'vitest';
import { AppError } from '../core/errors';
import type { RowBlock } from './checkpoint-types';
import type { PackageFiles } from './package-files';
import { streamRowBlocks } from './row-blocks';
import { RowPuller, zipRows } from './row-streams';
import { memoryFiles } from './test-files';

const FILE = 'weights';
const content = Uint8Array.from({ length: 13 << 20 }, (_, i) => (i * 2654435761) >>> 24);
const stored = memoryFiles(new Map([[FILE, content]]));

interface Watch {
  requests: number;
  closed: number;
  given: number;
}

/** Files that stream in pieces of the given lengths, over and over. */
function streaming(lengths: readonly number[], fault?: (given: number) => void) {
  const watch: Watch = { requests: 0, closed: 0, given: 0 };
  const files: PackageFiles = {
    ...stored,
    async *stream(_, start, end) {
      watch.requests++;
      try {
        for (let at = start, i = 0; at < end; i++) {
          const next = Math.min(end, at + lengths[i % lengths.length]!);
          fault?.(at - start);
          await Promise.resolve();
          watch.given += next - at;
          yield content.slice(at, next);
          at = next;
        }
      } finally {
        watch.closed++;
      }
    },
  };
  return { files, watch };
}

const collect = async (blocks: AsyncIterable<RowBlock>): Promise<RowBlock[]> => {
  const list: RowBlock[] = [];
  for await (const block of blocks) list.push(block);
  return list;
};

/** 4 KiB rows, 3000 of them, from row 7, which lies at byte 1000. */
const range = { file: FILE, byteStart: 1000, rowBytes: 4096, rowStart: 7, rowEnd: 3007 };

describe.each<[string, PackageFiles]>([
  ['ranges', stored],
  ['large pieces', streaming([5 << 20]).files],
  ['small and empty pieces', streaming([70_001, 0, 1, 16_384]).files],
  ['pieces of one block', streaming([4 << 20]).files],
])('from %s', (_, files) => {
  test('whole rows, in order, in blocks of 4 MiB', async () => {
    const blocks = await collect(streamRowBlocks(files, range));
    expect(blocks.map(({ rowStart, rowEnd }) => [rowStart, rowEnd])).toEqual([
      [7, 1031],
      [1031, 2055],
      [2055, 3007],
    ]);
    for (const { rowStart, rowEnd, bytes } of blocks) {
      const at = 1000 + (rowStart - 7) * 4096;
      expect(bytes.length).toBe((rowEnd - rowStart) * 4096);
      expect(bytes.buffer.byteLength).toBe(bytes.length);
      expect(Buffer.compare(bytes, content.subarray(at, at + bytes.length))).toBe(0);
    }
  });

  test('rows wider than a block, none at all', async () => {
    const wide = { file: FILE, byteStart: 0, rowBytes: 6 << 20, rowStart: 0, rowEnd: 2 };
    expect((await collect(streamRowBlocks(files, wide))).map(({ rowEnd }) => rowEnd)).toEqual([1, 2]);
    expect(await collect(streamRowBlocks(files, { ...wide, rowEnd: 0 }))).toEqual([]);
  });
});

test('one request per tensor', async () => {
  const { files, watch } = streaming([100_000]);
  await collect(streamRowBlocks(files, range));
  expect(watch).toEqual({ requests: 1, closed: 1, given: 3000 * 4096 });
});

test('the next block is under way while one is used', async () => {
  const started: number[] = [];
  const files: PackageFiles = {
    ...stored,
    readRange(name, start, end) {
      started.push(start);
      return stored.readRange(name, start, end);
    },
  };
  for await (const { rowStart } of streamRowBlocks(files, range)) {
    expect(started.length).toBe(rowStart === 7 ? 2 : 3);
  }
});

test('leaving the loop ends the request', async () => {
  const { files, watch } = streaming([10_000]);
  for await (const block of streamRowBlocks(files, range)) {
    expect(block.rowStart).toBe(7);
    break;
  }
  await new Promise((resolve) => setTimeout(resolve));
  expect(watch.closed).toBe(1);
  expect(watch.given).toBeLessThan(9 << 20);
});

test('a source that never answers does not hold up who leaves', async () => {
  let closed = false;
  const hanging: PackageFiles = {
    ...stored,
    stream: () => ({
      [Symbol.asyncIterator]: () => ({
        next: () =>
          closed ? Promise.resolve({ done: true, value: undefined }) : new Promise(() => undefined),
        async return() {
          closed = true;
          return { done: true, value: undefined };
        },
      }),
    }),
  };
  const iterator = streamRowBlocks(hanging, range)[Symbol.asyncIterator]();
  void iterator.next();
  await Promise.resolve();
  await iterator.return!();
  expect(closed).toBe(true);
});

test('too few and too many bytes', async () => {
  const short = {
    ...stored,
    async *stream() {
      yield content.slice(0, 5000);
    },
  };
  await expect(collect(streamRowBlocks(short, range))).rejects.toMatchObject({ code: 'file-truncated' });
  const long = {
    ...stored,
    async *stream() {
      yield content.slice(0, 3000 * 4096 + 1);
    },
  };
  await expect(collect(streamRowBlocks(long, range))).rejects.toMatchObject({ code: 'source-changed' });
});

describe('two streams in step', () => {
  const zip = (left: PackageFiles, right: PackageFiles) =>
    zipRows(
      streamRowBlocks(left, range),
      streamRowBlocks(right, { ...range, rowBytes: 2048 }),
      2048,
      (a, b) => Uint8Array.of(a[0]!, a.at(-1)!, b[0]!, b.at(-1)!),
    );

  test('blocks of different sizes hold the same rows', async () => {
    const blocks = await collect(zip(stored, streaming([123_457]).files));
    expect(blocks.map(({ rowEnd }) => rowEnd)).toEqual([1031, 2055, 3007]);
    for (const { rowStart, rowEnd, bytes } of blocks) {
      const at = (row: number, rowBytes: number) => content[1000 + (row - 7) * rowBytes]!;
      const lastBefore = (row: number, rowBytes: number) => content[1000 + (row - 7) * rowBytes - 1]!;
      expect([...bytes]).toEqual([
        at(rowStart, 4096),
        lastBefore(rowEnd, 4096),
        at(rowStart, 2048),
        lastBefore(rowEnd, 2048),
      ]);
    }
  });

  test.each(['left', 'right'])('a fault on the %s closes the other', async (side) => {
    const faulty = streaming([50_000], (given) => {
      if (given > 5 << 20) throw new AppError('download-failed', { file: FILE });
    });
    const other = streaming([50_000]);
    const zipped = side === 'left' ? zip(faulty.files, other.files) : zip(other.files, faulty.files);
    await expect(collect(zipped)).rejects.toMatchObject({ code: 'download-failed' });
    await new Promise((resolve) => setTimeout(resolve));
    expect([faulty.watch.closed, other.watch.closed]).toEqual([1, 1]);
  });

  test('leaving closes both', async () => {
    const [left, right] = [streaming([50_000]), streaming([50_000])];
    await expect(async () => {
      for await (const _ of zip(left.files, right.files)) throw new Error('enough');
    }).rejects.toThrow('enough');
    await new Promise((resolve) => setTimeout(resolve));
    expect([left.watch.closed, right.watch.closed]).toEqual([1, 1]);
  });
});

test('a puller takes what is asked for, whatever the blocks', async () => {
  const puller = new RowPuller(streamRowBlocks(stored, range), 4096);
  let at = 1000;
  for (const rows of [1, 1023, 1, 500, 1475]) {
    const bytes = await puller.take(rows);
    expect(bytes.buffer.byteLength).toBe(rows * 4096);
    expect(Buffer.compare(bytes, content.subarray(at, at + bytes.length))).toBe(0);
    at += bytes.length;
  }
  expect(await puller.ready()).toBe(false);
  await expect(puller.take(1)).rejects.toMatchObject({ code: 'internal' });
});
