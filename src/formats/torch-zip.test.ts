import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sharedPath } from '../tasks/shared-data';
import {
  type Bytes,
  concat,
  memoryFiles,
  type PickledTensor,
  pickle,
  pickledDict,
  pickledTensor,
  textBytes,
  torchZip,
  zip,
} from './test-files';
import { readTorchZip } from './torch-zip';
import { alignedDataStarts, readZipEntries, zipDataStart } from './zip';

const FILE = 'pytorch_model.bin';
const read = (bytes: Bytes) => readTorchZip(memoryFiles(new Map([[FILE, bytes]])), FILE, bytes.length);

/** [2, 3] f16 in a storage of eight. */
const plain: PickledTensor = { storage: '0', elements: 8, shape: [2, 3], strides: [3, 1] };
const storage = { 0: Uint8Array.from({ length: 16 }, (_, i) => i) };
const fileOf = (tensor: Partial<PickledTensor>) =>
  torchZip(pickledDict({ w: pickledTensor({ ...plain, ...tensor }) }), storage);

describe('tensors', () => {
  test('are found where they lie', async () => {
    const bytes = fileOf({ offset: 1 });
    const found = (await read(bytes)).get('w')!;
    expect(found).toMatchObject({ dtype: 'F16', shape: [2, 3], file: FILE, sizeBytes: 12 });
    expect([...bytes.subarray(found.byteOffset, found.byteOffset + 4)]).toEqual([2, 3, 4, 5]);
  });

  test('of all three float types, parameters, shared storages and nested dictionaries', async () => {
    const parameter = concat(
      pickle.global('torch._utils', '_rebuild_parameter'),
      pickle.mark,
      pickledTensor({ ...plain, storageType: 'BFloat16Storage' }),
      Uint8Array.of(0x88),
      pickle.emptyOrderedDict,
      pickle.tuple,
      pickle.reduce,
    );
    const inner = concat(
      pickle.emptyOrderedDict,
      pickle.mark,
      pickle.text('a'),
      parameter,
      pickle.text('b'),
      pickledTensor({ ...plain, offset: 2 }),
      pickle.text('c'),
      pickledTensor({ storage: '1', storageType: 'FloatStorage', elements: 1, shape: [], strides: [] }),
      pickle.setItems,
      // A state dict carries attributes, which are dropped.
      pickle.dict,
      pickle.build,
    );
    const file = torchZip(pickledDict({ module: inner, step: pickle.int(7) }), {
      ...storage,
      1: new Uint8Array(4),
    });
    const tensors = await read(file);
    expect([...tensors].map(([name, { dtype }]) => [name, dtype])).toEqual([
      ['a', 'BF16'],
      ['b', 'F16'],
      ['c', 'F32'],
    ]);
    expect(tensors.get('b')!.byteOffset - tensors.get('a')!.byteOffset).toBe(4);
  });

  test.each<[string, Partial<PickledTensor>]>([
    ['a transposed view', { strides: [1, 2] }],
    ['a view with gaps', { strides: [4, 1] }],
    ['a view that repeats a row', { strides: [0, 1] }],
    ['a range past its storage', { offset: 3 }],
    ['a negative offset', { offset: -1 }],
    ['a shape past its storage', { shape: [2000000000, 2000000000], strides: [2000000000, 1] }],
    ['a storage of another length', { elements: 9 }],
    ['a storage that is not there', { storage: '1' }],
    ['a storage outside the archive', { storage: '../../etc/passwd' }],
    ['shape and strides of different lengths', { strides: [1] }],
  ])('refuses %s', async (_, tensor) => {
    await expect(read(fileOf(tensor))).rejects.toMatchObject({ code: 'format-invalid' });
  });
});

describe('pickles that do more than describe tensors are refused', () => {
  const call = (module: string, name: string) =>
    concat(pickle.global(module, name), pickle.mark, pickle.text('id'), pickle.tuple, pickle.reduce);
  const stackGlobal = concat(pickle.text('os'), pickle.text('system'), Uint8Array.of(0x93));
  test.each<[string, Uint8Array, string]>([
    ['os.system', call('os', 'system'), 'os.system'],
    ['builtins.eval', call('builtins', 'eval'), 'builtins.eval'],
    ['a name that only begins well', call('torch._utils', '_rebuild_tensor_v2.__globals__'), ''],
    ['a name of the prototype', call('constructor', 'constructor'), 'constructor.constructor'],
    ['other storages', call('torch', 'QInt8Storage'), 'torch.QInt8Storage'],
    ['a global named on the stack', stackGlobal, 'os.system'],
    ['INST', textBytes('(ios\nsystem\n'), 'opcode 0x69'],
    ['NEWOBJ', concat(pickle.emptyOrderedDict, textBytes(')'), Uint8Array.of(0x81)), 'opcode 0x81'],
    ['EXT1', Uint8Array.of(0x82, 1), 'opcode 0x82'],
    ['a call of a tensor', concat(pickledTensor(plain), textBytes(')R')), ''],
    ['the state of a tensor', concat(pickledTensor(plain), pickle.dict, pickle.build), ''],
  ])('%s', async (_, value, name) => {
    const file = torchZip(pickledDict({ w: value }), storage);
    await expect(read(file)).rejects.toMatchObject({ code: 'pickle-refused' });
    if (name !== '') await expect(read(file)).rejects.toMatchObject({ details: { file: FILE, name } });
  });
});

describe('broken pickles', () => {
  const whole = pickledDict({ w: pickledTensor(plain) });
  test('cut anywhere', async () => {
    for (let length = 0; length < whole.length; length++) {
      const cut = torchZip(whole.slice(0, length), storage);
      await expect(read(cut), `${length} bytes`).rejects.toMatchObject({
        code: /format-invalid|pickle-refused/,
      });
    }
  });

  test.each<[string, Uint8Array]>([
    ['a text of 2 GiB', concat(textBytes('X'), Uint8Array.of(255, 255, 255, 127))],
    ['an empty memo', textBytes('h\x07')],
    ['a tuple without mark', textBytes('t')],
    ['items without dictionary', concat(pickle.mark, pickle.int(1), pickle.int(2), pickle.setItems)],
    ['a root that is no dictionary', concat(pickle.int(1), pickle.stop)],
  ])('%s', async (_, body) => {
    const file = torchZip(concat(pickle.start, body), storage);
    await expect(read(file)).rejects.toMatchObject({ code: 'format-invalid' });
  });
});

describe('archives', () => {
  const whole = fileOf({});
  test('cut anywhere', async () => {
    for (let length = 0; length < whole.length; length += 3) {
      await expect(read(whole.slice(0, length)), `${length}`).rejects.toMatchObject({
        code: 'format-invalid',
      });
    }
  });

  test('with any number in the directory changed end in an error or in ranges inside the file', async () => {
    const end = whole.length - 22;
    const directory = new DataView(whole.buffer).getUint32(end + 16, true);
    for (let at = directory; at + 4 <= whole.length; at++) {
      const changed = whole.slice();
      changed.fill(0xff, at, at + 4);
      const tensors = await read(changed).catch((error: unknown) => {
        expect(error).toMatchObject({ name: 'AppError' });
        return new Map();
      });
      for (const { byteOffset, sizeBytes } of tensors.values()) {
        expect(byteOffset + sizeBytes).toBeLessThanOrEqual(changed.length);
      }
    }
  });

  test.each<[string, Bytes]>([
    ['compressed entries', zip({ 'a/data.pkl': new Uint8Array(3) }, 8)],
    ['no pickle', zip({ 'a/weights': new Uint8Array(3) })],
    ['the format before PyTorch 1.6', concat(Uint8Array.of(0x80, 2, 0x8a, 0x0a), new Uint8Array(100))],
    ['something else', textBytes('version https://git-lfs.github.com/spec/v1')],
    ['big-endian weights', zip({ 'a/data.pkl': pickledDict({}), 'a/byteorder': textBytes('big') })],
  ])('refuses %s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({ code: 'format-invalid' });
  });
});

const FIXTURE = sharedPath('fixtures', 'tiny-ziya', 'delta');
if (!FIXTURE) console.warn('skipped: tiny-ziya is not on this machine');

describe.skipIf(!FIXTURE)('files that PyTorch wrote', () => {
  const names = FIXTURE ? readdirSync(FIXTURE).filter((name) => name.endsWith('.bin')) : [];
  test.each(names)('%s: data is found without reading each header', async (name) => {
    const bytes = new Uint8Array(readFileSync(join(FIXTURE!, name)));
    const files = memoryFiles(new Map([[name, bytes]]));
    const entries = await readZipEntries(files, name, bytes.length);
    const starts = alignedDataStarts(entries)!;
    for (const entry of entries.values()) {
      expect(starts.get(entry.name)).toBe(await zipDataStart(files, name, bytes.length, entry));
    }
    let requests = 0;
    const counting: typeof files = {
      ...files,
      readRange(...range) {
        requests++;
        return files.readRange(...range);
      },
    };
    const tensors = await readTorchZip(counting, name, bytes.length);
    expect(tensors.size).toBeGreaterThan(3);
    expect(requests).toBeLessThanOrEqual(6);
    // One entry out of line, and every header is read.
    const moved = [...entries.values()][2]!;
    entries.set(moved.name, { ...moved, sizeBytes: moved.sizeBytes - 1 });
    expect(alignedDataStarts(entries)).toBeUndefined();
  });
});
