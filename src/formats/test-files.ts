/** Makers of small files for tests: memory folders, safetensors, zip archives, pickles. */
import { AppError } from '../core/errors';
import type { PackageFiles } from './package-files';

export type Bytes = Uint8Array<ArrayBuffer>;
export type MemoryFolder = Map<string, Bytes>;

export const textBytes = (text: string): Bytes => new TextEncoder().encode(text);

export function concat(...parts: readonly Uint8Array[]): Bytes {
  return joined(parts);
}

/** As `concat`, for more parts than a call takes. */
export function joined(parts: readonly Uint8Array[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** PackageFiles over a map that the test may change. */
export function memoryFiles(folder: MemoryFolder): PackageFiles {
  const need = (file: string): Bytes => {
    const bytes = folder.get(file);
    if (bytes === undefined) throw new AppError('file-missing', { file });
    return bytes;
  };
  return {
    list: async () => [...folder].map(([name, bytes]) => ({ name, sizeBytes: bytes.length })),
    read: async (name) => need(name).slice(),
    async readRange(name, start, end) {
      const bytes = need(name);
      if (end > bytes.length) throw new AppError('file-truncated', { file: name });
      return bytes.slice(start, end);
    },
  };
}

export interface TestTensor {
  readonly dtype: 'F16' | 'BF16' | 'F32';
  readonly shape: readonly number[];
  readonly bytes: Bytes;
}

/** A header of any content, then the data. */
export function rawSafetensors(header: unknown, data: Uint8Array, headerBytes?: bigint): Bytes {
  const json = textBytes(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = new DataView(new ArrayBuffer(8));
  prefix.setBigUint64(0, headerBytes ?? BigInt(json.length), true);
  return concat(new Uint8Array(prefix.buffer), json, data);
}

export function safetensors(tensors: Readonly<Record<string, TestTensor>>): Bytes {
  let end = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] };
    end += bytes.length;
  }
  return rawSafetensors(header, concat(...Object.values(tensors).map(({ bytes }) => bytes)));
}

/** A stored zip archive, as far as a reader looks. `method` other than 0 lies about compression. */
export function zip(entries: Readonly<Record<string, Uint8Array>>, method = 0): Bytes {
  const locals: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, bytes] of Object.entries(entries)) {
    const nameBytes = textBytes(name);
    const local = new DataView(new ArrayBuffer(30));
    local.setUint32(0, 0x04034b50, true);
    local.setUint16(26, nameBytes.length, true);
    locals.push(new Uint8Array(local.buffer), nameBytes, bytes);
    const entry = new DataView(new ArrayBuffer(46));
    entry.setUint32(0, 0x02014b50, true);
    entry.setUint16(10, method, true);
    entry.setUint32(20, bytes.length, true);
    entry.setUint32(24, bytes.length, true);
    entry.setUint16(28, nameBytes.length, true);
    entry.setUint32(42, offset, true);
    directory.push(new Uint8Array(entry.buffer), nameBytes);
    offset += 30 + nameBytes.length + bytes.length;
  }
  const central = joined(directory);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, Object.keys(entries).length, true);
  end.setUint16(10, Object.keys(entries).length, true);
  end.setUint32(12, central.length, true);
  end.setUint32(16, offset, true);
  return joined([...locals, central, new Uint8Array(end.buffer)]);
}

const int32 = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);

/** Opcodes of pickle protocol 2, to be put together by hand. */
export const pickle = {
  start: Uint8Array.of(0x80, 2),
  stop: textBytes('.'),
  mark: textBytes('('),
  dict: textBytes('}'),
  tuple: textBytes('t'),
  reduce: textBytes('R'),
  setItems: textBytes('u'),
  build: textBytes('b'),
  global: (module: string, name: string) => textBytes(`c${module}\n${name}\n`),
  text: (text: string) => concat(textBytes('X'), int32(textBytes(text).length), textBytes(text)),
  int: (value: number) => concat(textBytes('J'), int32(value)),
  ints: (values: readonly number[]) =>
    concat(pickle.mark, ...values.map((value) => pickle.int(value)), pickle.tuple),
  emptyOrderedDict: textBytes('ccollections\nOrderedDict\n)R'),
} as const;

export interface PickledTensor {
  readonly storage: string;
  readonly storageType?: string;
  readonly elements: number;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** A call of `_rebuild_tensor_v2`. */
export function pickledTensor(tensor: PickledTensor): Bytes {
  return concat(
    pickle.global('torch._utils', '_rebuild_tensor_v2'),
    pickle.mark,
    pickle.mark,
    pickle.text('storage'),
    pickle.global('torch', tensor.storageType ?? 'HalfStorage'),
    pickle.text(tensor.storage),
    pickle.text('cpu'),
    pickle.int(tensor.elements),
    pickle.tuple,
    textBytes('Q'),
    pickle.int(tensor.offset ?? 0),
    pickle.ints(tensor.shape),
    pickle.ints(tensor.strides),
    Uint8Array.of(0x89),
    pickle.emptyOrderedDict,
    pickle.tuple,
    pickle.reduce,
  );
}

/** A state dict of pickled values. */
export function pickledDict(values: Readonly<Record<string, Uint8Array>>): Bytes {
  const items = Object.entries(values).flatMap(([name, value]) => [pickle.text(name), value]);
  return concat(pickle.start, pickle.dict, pickle.mark, ...items, pickle.setItems, pickle.stop);
}

/** A PyTorch file with `data.pkl` and storages. */
export function torchZip(data: Uint8Array, storages: Readonly<Record<string, Uint8Array>>): Bytes {
  const entries: Record<string, Uint8Array> = { 'archive/data.pkl': data };
  for (const [key, bytes] of Object.entries(storages)) entries[`archive/data/${key}`] = bytes;
  return zip(entries);
}
