/**
 * Entries of a zip archive whose files are stored without compression, as PyTorch writes them. Only the
 * directory at the end and the few bytes in front of each entry are read. Every offset is checked against
 * the archive's length. Format: PKWARE APPNOTE 4.3 (end record 4.3.16, zip64 4.3.14 and 4.5.3).
 */
import { AppError } from '../core/errors';
import type { PackageFiles } from './package-files';

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
const ZIP64_LOCATOR_BYTES = 20;
const ZIP64_END_SIGNATURE = 0x06064b50;
const ZIP64_END_BYTES = 56;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const ZIP64_EXTRA = 0x0001;
const UINT32_MAX = 0xffffffff;
const MAX_DIRECTORY_BYTES = 64 << 20;

export interface ZipEntry {
  readonly name: string;
  readonly sizeBytes: number;
  /** Where its local header starts; `zipDataStart` finds the bytes behind it. */
  readonly localOffset: number;
  /** Where the next entry, or the directory, begins. */
  readonly nextOffset: number;
}

type Fail = (reason: string) => never;

/** Throws AppError `format-invalid` {file, reason}, `file-missing`, `file-truncated`. */
export async function readZipEntries(
  files: PackageFiles,
  file: string,
  fileBytes: number,
): Promise<Map<string, ZipEntry>> {
  const fail: Fail = (reason) => {
    throw new AppError('format-invalid', { file, reason });
  };
  const { bytes, offset, count } = await findDirectory(files, file, fileBytes, fail);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = new Map<string, Omit<ZipEntry, 'nextOffset'>>();
  const decoder = new TextDecoder();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + ENTRY_BYTES > bytes.length || view.getUint32(at, true) !== ENTRY_SIGNATURE) {
      fail(`zip directory breaks off at entry ${i} of ${count}`);
    }
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const end = at + ENTRY_BYTES + nameLength + extraLength + view.getUint16(at + 32, true);
    if (end > bytes.length) fail(`zip directory breaks off at entry ${i} of ${count}`);
    const name = decoder.decode(bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameLength));
    const method = view.getUint16(at + 10, true);
    if (method !== 0 || view.getUint16(at + 8, true) & 1) fail(`entry ${name} is compressed or encrypted`);
    const extra = at + ENTRY_BYTES + nameLength;
    const wide = zip64Values(view, at, extra, extra + extraLength, fail);
    if (wide.packed !== wide.size) fail(`entry ${name} has two different lengths`);
    if (wide.offset + LOCAL_BYTES + wide.size > fileBytes) fail(`entry ${name} lies outside the file`);
    if (entries.has(name)) fail(`entry ${name} is there twice`);
    entries.set(name, { name, sizeBytes: wide.size, localOffset: wide.offset });
    at = end;
  }
  const sorted = [...entries.values()].sort((a, b) => a.localOffset - b.localOffset);
  return new Map(
    sorted.map((entry, i) => [
      entry.name,
      { ...entry, nextOffset: sorted[i + 1]?.localOffset ?? Math.max(offset, entry.localOffset) },
    ]),
  );
}

/** PyTorch pads the local header so that data begins at a multiple of this (`kFieldAlignment`). */
const TORCH_ALIGNMENT = 64;
/** Lengths of what may stand between data and the next entry: nothing, a data descriptor, one of zip64. */
const DESCRIPTOR_BYTES = [0, 16, 24];
/** Fewer entries could lie right by chance. */
const LEAST_ALIGNED = 6;

/**
 * First byte of each entry's data without reading the local headers, one small request each, where the archive is
 * evidently PyTorch's: counted back from the next entry, all of them begin at multiples of 64. Undefined for
 * any other archive.
 */
export function alignedDataStarts(entries: ReadonlyMap<string, ZipEntry>): Map<string, number> | undefined {
  const starts = new Map<string, number>();
  if (entries.size < LEAST_ALIGNED) return undefined;
  for (const { name, sizeBytes, localOffset, nextOffset } of entries.values()) {
    const header = localOffset + LOCAL_BYTES + new TextEncoder().encode(name).length;
    const start = DESCRIPTOR_BYTES.map((length) => nextOffset - sizeBytes - length).find(
      (at) => at % TORCH_ALIGNMENT === 0 && at >= header && at < header + 2 * TORCH_ALIGNMENT,
    );
    if (start === undefined) return undefined;
    starts.set(name, start);
  }
  return starts;
}

/** First byte of an entry's data. Throws `format-invalid`, `file-truncated`. */
export async function zipDataStart(
  files: PackageFiles,
  file: string,
  fileBytes: number,
  entry: ZipEntry,
): Promise<number> {
  const header = await files.readRange(file, entry.localOffset, entry.localOffset + LOCAL_BYTES);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const start = entry.localOffset + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  if (view.getUint32(0, true) !== LOCAL_SIGNATURE || start + entry.sizeBytes > fileBytes) {
    throw new AppError('format-invalid', { file, reason: `entry ${entry.name} is not where it should be` });
  }
  return start;
}

async function findDirectory(files: PackageFiles, file: string, fileBytes: number, fail: Fail) {
  if (fileBytes < END_BYTES) fail('too short for a zip archive');
  const tailStart = Math.max(0, fileBytes - END_BYTES - MAX_COMMENT_BYTES - ZIP64_LOCATOR_BYTES);
  const tail = await files.readRange(file, tailStart, fileBytes);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  let end = tail.length - END_BYTES;
  while (end >= 0 && !isEndRecord(view, end)) end--;
  if (end < 0) fail('no zip directory at its end: not a zip archive, or cut short');
  let count = view.getUint16(end + 10, true);
  let sizeBytes = view.getUint32(end + 12, true);
  let offset = view.getUint32(end + 16, true);
  let limit = tailStart + end;
  const locator = end - ZIP64_LOCATOR_BYTES;
  if (locator >= 0 && view.getUint32(locator, true) === ZIP64_LOCATOR_SIGNATURE) {
    limit = uint64(view, locator + 8, fail);
    if (limit + ZIP64_END_BYTES > fileBytes) fail('zip64 record lies outside the file');
    const record = await files.readRange(file, limit, limit + ZIP64_END_BYTES);
    const wide = new DataView(record.buffer, record.byteOffset, record.byteLength);
    if (wide.getUint32(0, true) !== ZIP64_END_SIGNATURE) fail('zip64 record is not where it should be');
    count = uint64(wide, 32, fail);
    sizeBytes = uint64(wide, 40, fail);
    offset = uint64(wide, 48, fail);
  }
  if (sizeBytes > MAX_DIRECTORY_BYTES || offset + sizeBytes > limit)
    fail('zip directory lies outside the file');
  if (count * ENTRY_BYTES > sizeBytes) fail(`zip directory is too small for its ${count} entries`);
  const isInTail = offset >= tailStart;
  const bytes = isInTail
    ? tail.subarray(offset - tailStart, offset - tailStart + sizeBytes)
    : await files.readRange(file, offset, offset + sizeBytes);
  return { bytes, offset, count };
}

/** The end record's comment must reach exactly to the end of the file. */
function isEndRecord(view: DataView, at: number): boolean {
  if (view.getUint32(at, true) !== END_SIGNATURE) return false;
  return at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength;
}

/** Lengths and offset of an entry; fields that overflow 32 bits are in its zip64 extra field, in this order. */
function zip64Values(view: DataView, at: number, extraStart: number, extraEnd: number, fail: Fail) {
  let size = view.getUint32(at + 24, true);
  let packed = view.getUint32(at + 20, true);
  let offset = view.getUint32(at + 42, true);
  let cursor = extraStart;
  while (cursor + 4 <= extraEnd) {
    const length = view.getUint16(cursor + 2, true);
    const end = cursor + 4 + length;
    if (end > extraEnd) fail('extra field leaves its entry');
    if (view.getUint16(cursor, true) === ZIP64_EXTRA) {
      let field = cursor + 4;
      const next = (value: number): number => {
        if (value !== UINT32_MAX) return value;
        if (field + 8 > end) fail('zip64 field is too short');
        field += 8;
        return uint64(view, field - 8, fail);
      };
      size = next(size);
      packed = next(packed);
      offset = next(offset);
    }
    cursor = end;
  }
  return { size, packed, offset };
}

function uint64(view: DataView, at: number, fail: Fail): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) fail('a length or offset in the zip archive is too large');
  return value;
}
