/** Archives made to break a reader: lies about lengths, places and numbers of entries. */
import { deflateRawSync } from 'node:zlib';
import {
  type Bytes,
  concat,
  type MemoryFolder,
  pickledDict,
  pickledTensor,
  textBytes,
  torchZip,
  zip,
} from './test-files';
import type { HostileCase } from './test-hostile';

const FILE = 'pytorch_model.bin';
const PICKLE = pickledDict({ w: pickledTensor({ storage: '0', elements: 8, shape: [8], strides: [1] }) });
const STORAGE = new Uint8Array(16);
const good = () => torchZip(PICKLE, { 0: STORAGE });
const file = (bytes: Bytes): MemoryFolder => new Map([[FILE, bytes]]);

const END_BYTES = 22;
const ENTRY = 0x02014b50;

/** Start of the directory, and the offset in the file of each of its entries. */
function directory(bytes: Bytes): { start: number; entries: number[] } {
  const view = new DataView(bytes.buffer);
  const start = view.getUint32(bytes.length - 6, true);
  const entries: number[] = [];
  for (let at = start; at + 46 <= bytes.length && view.getUint32(at, true) === ENTRY; ) {
    entries.push(at);
    at += 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true);
  }
  return { start, entries };
}

/** A sound file with numbers of its end record changed, counted from the record's start. */
function withEnd(change: (view: DataView, bytes: Bytes) => void): () => MemoryFolder {
  return () => {
    const bytes = good();
    change(new DataView(bytes.buffer, bytes.length - END_BYTES), bytes);
    return file(bytes);
  };
}

/** A sound file with one directory entry changed; entry 0 is the pickle, 1 the storage. */
function withEntry(index: number, change: (view: DataView, bytes: Bytes) => void): () => MemoryFolder {
  return () => {
    const bytes = good();
    change(new DataView(bytes.buffer, directory(bytes).entries[index]!), bytes);
    return file(bytes);
  };
}

/** zip64 records put before the end record, which then says "look there". */
function withZip64(change: (record: DataView, locator: DataView) => void): () => MemoryFolder {
  return () => {
    const bytes = good();
    const body = bytes.slice(0, bytes.length - END_BYTES);
    const end = bytes.slice(bytes.length - END_BYTES);
    const { start, entries } = directory(bytes);
    const record = new DataView(new ArrayBuffer(56));
    record.setUint32(0, 0x06064b50, true);
    record.setBigUint64(4, 44n, true);
    record.setBigUint64(24, BigInt(entries.length), true);
    record.setBigUint64(32, BigInt(entries.length), true);
    record.setBigUint64(40, BigInt(body.length - start), true);
    record.setBigUint64(48, BigInt(start), true);
    const locator = new DataView(new ArrayBuffer(20));
    locator.setUint32(0, 0x07064b50, true);
    locator.setBigUint64(8, BigInt(body.length), true);
    change(record, locator);
    return file(concat(body, new Uint8Array(record.buffer), new Uint8Array(locator.buffer), end));
  };
}

/** Entry 1 with a zip64 field of these values in place of its 32-bit numbers. */
function withWideEntry(...values: readonly bigint[]): () => MemoryFolder {
  return () => {
    const bytes = good();
    const { entries } = directory(bytes);
    const at = entries[1]!;
    const view = new DataView(bytes.buffer);
    view.setUint32(at + 20, 0xffffffff, true);
    view.setUint32(at + 24, 0xffffffff, true);
    view.setUint32(at + 42, 0xffffffff, true);
    const extra = new DataView(new ArrayBuffer(4 + 8 * values.length));
    extra.setUint16(0, 1, true);
    extra.setUint16(2, 8 * values.length, true);
    for (const [i, value] of values.entries()) extra.setBigUint64(4 + 8 * i, value, true);
    view.setUint16(at + 30, extra.byteLength, true);
    const after = at + 46 + view.getUint16(at + 28, true);
    const sizeAt = bytes.length - END_BYTES + 12;
    view.setUint32(sizeAt, view.getUint32(sizeAt, true) + extra.byteLength, true);
    return file(concat(bytes.subarray(0, after), new Uint8Array(extra.buffer), bytes.subarray(after)));
  };
}

const set16 = (at: number, value: number) => (view: DataView) => view.setUint16(at, value, true);
const set32 = (at: number, value: number) => (view: DataView) => view.setUint32(at, value, true);

/** A real deflated entry: a megabyte of zeros in a kilobyte. */
function deflated(): MemoryFolder {
  const packed = deflateRawSync(new Uint8Array(1 << 20));
  const bytes = zip({ 'a/data.pkl': packed }, 8);
  const [at] = directory(bytes).entries;
  new DataView(bytes.buffer).setUint32(at! + 24, 1 << 20, true);
  return file(bytes);
}

/** Many entries without content, each with a name of its own. */
function crowded(count: number): MemoryFolder {
  const names = Object.fromEntries(Array.from({ length: count }, (_, i) => [`a/${i}`, new Uint8Array(0)]));
  return file(zip(names));
}

const ZIPS: Readonly<Record<string, () => MemoryFolder>> = {
  'an empty archive': () => file(zip({})),
  'an end record alone': () => file(good().slice(-END_BYTES)),
  'no end record': () => file(good().slice(0, -END_BYTES)),
  'zeros behind the end': () => file(concat(good(), new Uint8Array(100_000))),
  'a comment that is not there': withEnd(set16(20, 0xffff)),
  'a deflated entry': deflated,
  'an entry that claims to be deflated': withEntry(1, set16(10, 8)),
  'an encrypted entry': withEntry(1, set16(8, 1)),
  'an unpacked length of 4 GiB': withEntry(1, set32(24, 0xfffffffe)),
  'both lengths of 4 GiB': withEntry(1, (view) => {
    view.setUint32(20, 0xfffffffe, true);
    view.setUint32(24, 0xfffffffe, true);
  }),
  'an entry past the end': withEntry(1, set32(42, 0x7fffffff)),
  'an entry that starts in the directory': withEntry(1, (view, bytes) =>
    view.setUint32(42, directory(bytes).start, true),
  ),
  'a pickle that is the storage': withEntry(0, (view) => view.setUint32(42, 1, true)),
  'a local header without signature': () => {
    const bytes = good();
    bytes[3] = 0x14;
    return file(bytes);
  },
  'a local header with a huge name': () => {
    const bytes = good();
    new DataView(bytes.buffer).setUint16(26, 0xffff, true);
    return file(bytes);
  },
  'a local header with a huge extra field': () => {
    const bytes = good();
    new DataView(bytes.buffer).setUint16(28, 0xffff, true);
    return file(bytes);
  },
  'a directory before the file': withEnd(set32(16, 0xfffffff0)),
  'a directory of 4 GiB': withEnd(set32(12, 0xfffffff0)),
  'a directory of no bytes': withEnd(set32(12, 0)),
  'a directory that is shifted by one byte': withEnd((view) =>
    view.setUint32(16, view.getUint32(16, true) + 1, true),
  ),
  'a directory in the wrong place': withEnd(set32(16, 0)),
  '65,535 entries that are not there': withEnd(set16(10, 0xffff)),
  'one entry too many': withEnd(set16(10, 3)),
  'an entry name longer than the directory': withEntry(1, set16(28, 0xffff)),
  'an extra field longer than the directory': withEntry(1, set16(30, 0xffff)),
  'the same name twice': () => {
    const bytes = zip({ 'archive/data.pkl': PICKLE, 'archive/data.pkz': PICKLE });
    const at = directory(bytes).entries[1]!;
    bytes[at + 46 + 'archive/data.pkz'.length - 1] = 'l'.charCodeAt(0);
    return file(bytes);
  },
  'zip64 with 2^64 - 1 entries': withZip64((record) => record.setBigUint64(32, 2n ** 64n - 1n, true)),
  'zip64 with 2^52 entries': withZip64((record) => record.setBigUint64(32, 2n ** 52n, true)),
  'zip64 with a directory of 2^63 bytes': withZip64((record) => record.setBigUint64(40, 2n ** 63n, true)),
  'zip64 with a directory of 64 GiB': withZip64((record) => record.setBigUint64(40, 2n ** 36n, true)),
  'zip64 with a directory at 2^62': withZip64((record) => record.setBigUint64(48, 2n ** 62n, true)),
  'zip64 with a record without signature': withZip64((record) => record.setUint32(0, 0)),
  'zip64 with a record past the end': withZip64((_, locator) => locator.setBigUint64(8, 2n ** 40n, true)),
  'zip64 with a record at 2^64 - 1': withZip64((_, locator) => locator.setBigUint64(8, 2n ** 64n - 1n, true)),
  'zip64 with a record that is the locator': withZip64((_, locator) =>
    locator.setBigUint64(8, locator.getBigUint64(8, true) + 56n, true),
  ),
  'a wide entry without values': withWideEntry(),
  'a wide entry with one of three values': withWideEntry(16n),
  'a wide entry of 2^64 - 1 bytes': withWideEntry(2n ** 64n - 1n, 2n ** 64n - 1n, 0n),
  'a wide entry of 2^40 bytes': withWideEntry(2n ** 40n, 2n ** 40n, 0n),
  'a wide entry at 2^53 - 1': withWideEntry(16n, 16n, 2n ** 53n - 1n),
  'a wide entry with two lengths': withWideEntry(16n, 17n, 0n),
  '66,000 entries and no pickle': () => crowded(66_000),
  'a pickle above the folder': () => file(zip({ '../data.pkl': PICKLE, '../../data/0': STORAGE })),
  'a pickle by absolute path': () => file(zip({ '/data.pkl': PICKLE, '/data/0': STORAGE })),
  'a pickle with backslashes': () => file(zip({ 'archive\\data.pkl': PICKLE, 'archive\\data\\0': STORAGE })),
  'a pickle with a NUL': () => file(zip({ 'archive/data.pkl\0': PICKLE, 'archive/data/0': STORAGE })),
  'a storage above the folder': () => file(zip({ 'archive/data.pkl': PICKLE, 'archive/data/../0': STORAGE })),
  'big-endian values': () =>
    file(
      zip({ 'archive/data.pkl': PICKLE, 'archive/byteorder': textBytes('big'), 'archive/data/0': STORAGE }),
    ),
  'an unknown byte order': () =>
    file(
      zip({
        'archive/data.pkl': PICKLE,
        'archive/byteorder': textBytes('middle'),
        'archive/data/0': STORAGE,
      }),
    ),
  'a byte order of a megabyte': () =>
    file(
      zip({
        'archive/data.pkl': PICKLE,
        'archive/byteorder': new Uint8Array(1 << 20),
        'archive/data/0': STORAGE,
      }),
    ),
  'the format before PyTorch 1.6': () =>
    file(
      concat(
        Uint8Array.of(0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e),
        STORAGE,
      ),
    ),
  'a tar archive, older still': () => file(concat(textBytes('pickle'), new Uint8Array(1024))),
  'a pointer of Git LFS': () =>
    file(textBytes('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n')),
  'a page of HTML': () => file(textBytes('<!DOCTYPE html><html><body>404</body></html>')),
  'a TorchScript archive': () => file(zip({ 'a/code/x.py': PICKLE, 'a/constants.pkl': PICKLE })),
  'two files, neither named': () =>
    new Map([
      ['a.bin', good()],
      ['b.bin', good()],
    ]),
};

/** Nothing that a reader of stored entries could be hurt by. */
const ODD_ZIPS: Readonly<Record<string, () => MemoryFolder>> = {
  'two archives behind each other': () => file(concat(good(), good())),
  'something in front of the archive': () => file(concat(textBytes('PK'), new Uint8Array(100), good())),
  'zip64 where it is not needed': withZip64(() => {}),
  'a wide entry that says the same': () => {
    const { start } = directory(good());
    // The storage is the last entry before the directory.
    return withWideEntry(16n, 16n, BigInt(start - 16 - 30 - 'archive/data/0'.length))();
  },
  'a length that overlaps the next entry': withEntry(0, (view) => {
    view.setUint32(20, view.getUint32(20, true) + 4, true);
    view.setUint32(24, view.getUint32(24, true) + 4, true);
  }),
  'two entries with the same bytes': withEntry(1, (view) => view.setUint32(42, 0, true)),
  '60,000 entries beside the model': () => {
    const more = Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`x/${i}`, new Uint8Array(0)]));
    return file(zip({ 'archive/data.pkl': PICKLE, 'archive/data/0': STORAGE, ...more }));
  },
  'an end record in the comment': () => {
    const bytes = good();
    const comment = bytes.slice(-END_BYTES);
    new DataView(bytes.buffer).setUint16(bytes.length - 2, comment.length, true);
    return file(concat(bytes, comment));
  },
};

export const ZIP_CASES: readonly HostileCase[] = [
  ...Object.entries(ZIPS).map(([name, make]) => ({
    name: `zip: ${name}`,
    make,
    outcome: 'refused' as const,
  })),
  ...Object.entries(ODD_ZIPS).map(([name, make]) => ({
    name: `zip: ${name}`,
    make,
    outcome: 'harmless' as const,
  })),
];
