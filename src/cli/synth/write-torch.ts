/**
 * One PyTorch file in the zip format of `torch.save`: entries stored without compression, data at multiples of
 * 64 bytes, zip64 where an offset needs it. Format: PKWARE APPNOTE 4.3; PyTorch `caffe2/serialize/inline_container.cc`.
 */
import { crc32 } from 'node:zlib';
import { StreamFile } from './stream-file';
import { stateDictPickle } from './torch-pickle';
import type { ShardWriter } from './write-checkpoint';

const ALIGNMENT = 64;
const LOCAL_BYTES = 30;
const UINT32_MAX = 0xffffffff;
/** Extra field that PyTorch pads with. */
const PADDING_ID = 0x4246;
const ZIP64_ID = 1;

interface Entry {
  readonly name: Uint8Array;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly crc: number;
}

export const writeTorch: ShardWriter = async (path, tensors, weights) => {
  const file = await StreamFile.create(path);
  const entries: Entry[] = [];
  const add = async (name: string, blocks: Iterable<Uint8Array>) => {
    entries.push(await writeEntry(file, `archive/${name}`, blocks));
  };
  try {
    const keyed = tensors.map((tensor, index) => ({ ...tensor, key: String(index) }));
    await add('data.pkl', [stateDictPickle(keyed, weights.dtype)]);
    await add('byteorder', [new TextEncoder().encode('little')]);
    for (const { name, shape, key } of keyed) await add(`data/${key}`, weights.blocks(name, shape));
    await add('version', [new TextEncoder().encode('3\n')]);
    await writeDirectory(file, entries);
  } finally {
    await file.close();
  }
};

/** Length and checksum are known only after the data: the local header is written again. */
async function writeEntry(file: StreamFile, text: string, blocks: Iterable<Uint8Array>): Promise<Entry> {
  const name = new TextEncoder().encode(text);
  const offset = file.position;
  const unpadded = offset + LOCAL_BYTES + name.length + 4;
  const padding = Math.ceil(unpadded / ALIGNMENT) * ALIGNMENT - unpadded;
  const header = new Uint8Array(LOCAL_BYTES + name.length + 4 + padding);
  const view = new DataView(header.buffer);
  view.setUint32(0, 0x04034b50, true);
  view.setUint16(26, name.length, true);
  view.setUint16(28, 4 + padding, true);
  header.set(name, LOCAL_BYTES);
  view.setUint16(LOCAL_BYTES + name.length, PADDING_ID, true);
  view.setUint16(LOCAL_BYTES + name.length + 2, padding, true);
  await file.write(header);
  const start = file.position;
  let crc = 0;
  for (const block of blocks) {
    crc = crc32(block, crc);
    await file.write(block);
  }
  const sizeBytes = file.position - start;
  view.setUint32(14, crc, true);
  view.setUint32(18, sizeBytes, true);
  view.setUint32(22, sizeBytes, true);
  await file.patch(header, offset);
  return { name, offset, sizeBytes, crc };
}

async function writeDirectory(file: StreamFile, entries: readonly Entry[]): Promise<void> {
  const start = file.position;
  for (const entry of entries) await file.write(directoryEntry(entry));
  const sizeBytes = file.position - start;
  if (start > UINT32_MAX) await writeZip64End(file, entries.length, start, sizeBytes);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, entries.length, true);
  end.setUint16(10, entries.length, true);
  end.setUint32(12, sizeBytes, true);
  end.setUint32(16, Math.min(start, UINT32_MAX), true);
  await file.write(new Uint8Array(end.buffer));
}

function directoryEntry({ name, offset, sizeBytes, crc }: Entry): Uint8Array {
  const isWide = offset > UINT32_MAX;
  const bytes = new Uint8Array(46 + name.length + (isWide ? 12 : 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x02014b50, true);
  view.setUint32(16, crc, true);
  view.setUint32(20, sizeBytes, true);
  view.setUint32(24, sizeBytes, true);
  view.setUint16(28, name.length, true);
  view.setUint16(30, isWide ? 12 : 0, true);
  view.setUint32(42, Math.min(offset, UINT32_MAX), true);
  bytes.set(name, 46);
  if (isWide) {
    view.setUint16(46 + name.length, ZIP64_ID, true);
    view.setUint16(46 + name.length + 2, 8, true);
    view.setBigUint64(46 + name.length + 4, BigInt(offset), true);
  }
  return bytes;
}

async function writeZip64End(
  file: StreamFile,
  count: number,
  offset: number,
  sizeBytes: number,
): Promise<void> {
  const recordAt = file.position;
  const view = new DataView(new ArrayBuffer(56 + 20));
  view.setUint32(0, 0x06064b50, true);
  view.setBigUint64(4, 44n, true);
  view.setUint16(12, 45, true);
  view.setUint16(14, 45, true);
  view.setBigUint64(24, BigInt(count), true);
  view.setBigUint64(32, BigInt(count), true);
  view.setBigUint64(40, BigInt(sizeBytes), true);
  view.setBigUint64(48, BigInt(offset), true);
  view.setUint32(56, 0x07064b50, true);
  view.setBigUint64(64, BigInt(recordAt), true);
  view.setUint32(72, 1, true);
  await file.write(new Uint8Array(view.buffer));
}
