/** Pickles made to run code, to grow without end, or to describe what is not there. */
import {
  type Bytes,
  concat,
  type MemoryFolder,
  type PickledTensor,
  pickle,
  pickledDict,
  pickledTensor,
  textBytes,
  torchZip,
} from './test-files';
import type { HostileCase } from './test-hostile';

const STORAGE = new Uint8Array(64);
const op = (...codes: number[]): Uint8Array => Uint8Array.from(codes);
const text = textBytes;

const [MARK, STOP, TUPLE, REDUCE, NONE, EMPTY_LIST, EMPTY_TUPLE] = ['(', '.', 't', 'R', 'N', ']', ')'].map(
  text,
) as [Bytes, Bytes, Bytes, Bytes, Bytes, Bytes, Bytes];
const [MEMOIZE, STACK_GLOBAL, NEWOBJ] = [op(0x94), op(0x93), op(0x81)];
const put = (at: number) => op(0x71, at);
const get = (at: number) => op(0x68, at);
const times = (count: number, part: Uint8Array): Bytes => {
  const bytes = new Uint8Array(count * part.length);
  for (let i = 0; i < count; i++) bytes.set(part, i * part.length);
  return bytes;
};

const file = (data: Uint8Array): MemoryFolder =>
  new Map([['pytorch_model.bin', torchZip(data, { 0: STORAGE })]]);
/** A pickle of these opcodes alone. */
const raw = (...parts: Uint8Array[]) => file(concat(op(0x80, 4), ...parts));
/** A state dict with this as the value of a key. */
const valued = (...parts: Uint8Array[]) => file(pickledDict({ w: concat(...parts) }));
const call = (module: string, name: string, ...args: Uint8Array[]) =>
  valued(pickle.global(module, name), MARK, ...args, TUPLE, REDUCE);
const persistent = (...id: Uint8Array[]) => valued(MARK, ...id, TUPLE, text('Q'));
const tensor = (changes: Partial<PickledTensor>) =>
  file(
    pickledDict({
      w: pickledTensor({ storage: '0', elements: 32, shape: [4, 8], strides: [8, 1], ...changes }),
    }),
  );
const half = pickle.global('torch', 'HalfStorage');

const CODE: Readonly<Record<string, () => MemoryFolder>> = {
  'os.system': () => call('os', 'system', pickle.text('id')),
  'posix.system': () => call('posix', 'system', pickle.text('id')),
  'subprocess.Popen': () => call('subprocess', 'Popen', pickle.text('id')),
  'builtins.eval': () => call('builtins', 'eval', pickle.text('1')),
  'builtins.exec': () => call('builtins', 'exec', pickle.text('1')),
  'builtins.getattr': () => call('builtins', 'getattr', pickle.text('a'), pickle.text('b')),
  '__builtin__.open': () => call('__builtin__', 'open', pickle.text('/etc/passwd')),
  'numpy.core.multiarray._reconstruct': () => call('numpy.core.multiarray', '_reconstruct'),
  'torch.load': () => call('torch', 'load', pickle.text('x')),
  'torch.hub.load': () => call('torch.hub', 'load', pickle.text('x')),
  'torch.storage._load_from_bytes': () => call('torch.storage', '_load_from_bytes', pickle.text('x')),
  'torch._utils._rebuild_tensor': () => call('torch._utils', '_rebuild_tensor'),
  'a name with a dot too many': () => call('torch', '_utils._rebuild_tensor_v2.__globals__'),
  'a name of Object.prototype': () => call('constructor', 'prototype'),
  __proto__: () => call('__proto__', '__proto__'),
  'an empty name': () => call('', ''),
  'a global of a megabyte': () => call('a'.repeat(1 << 20), 'b'),
  'a global that never ends': () => raw(text(`c${'a'.repeat(1 << 20)}`)),
  'STACK_GLOBAL os.system': () => valued(pickle.text('os'), pickle.text('system'), STACK_GLOBAL),
  'STACK_GLOBAL of numbers': () => valued(pickle.int(1), pickle.int(2), STACK_GLOBAL),
  'STACK_GLOBAL of a mark': () => valued(MARK, MARK, STACK_GLOBAL),
  INST: () => valued(text('(ios\nsystem\n')),
  OBJ: () => valued(MARK, half, text('o')),
  NEWOBJ: () => valued(half, EMPTY_TUPLE, NEWOBJ),
  NEWOBJ_EX: () => valued(half, EMPTY_TUPLE, pickle.dict, op(0x92)),
  EXT1: () => valued(op(0x82, 1)),
  EXT4: () => valued(op(0x84, 255, 255, 255, 127)),
  'PERSID as text': () => valued(text('Pstorage\n')),
  'BUFFER out of band': () => valued(op(0x97)),
  'an opcode that does not exist': () => valued(op(0xff)),
  'REDUCE on a text': () => valued(pickle.text('f'), EMPTY_TUPLE, REDUCE),
  'REDUCE on a storage type': () => valued(half, EMPTY_TUPLE, REDUCE),
  'REDUCE without arguments': () => valued(pickle.global('collections', 'OrderedDict'), NONE, REDUCE),
  'REDUCE with a dictionary': () => valued(pickle.global('collections', 'OrderedDict'), pickle.dict, REDUCE),
  'BUILD on a tensor': () =>
    valued(
      pickledTensor({ storage: '0', elements: 32, shape: [32], strides: [1] }),
      pickle.dict,
      pickle.build,
    ),
  'BUILD on a list': () => valued(EMPTY_LIST, pickle.dict, pickle.build),
  'BUILD on a function': () => valued(pickle.global('collections', 'OrderedDict'), pickle.dict, pickle.build),
};

const STORAGES: Readonly<Record<string, () => MemoryFolder>> = {
  'a persistent id that is a text': () => valued(pickle.text('storage'), text('Q')),
  'a persistent id that is empty': () => persistent(),
  'a persistent id of another kind': () =>
    persistent(pickle.text('module'), half, pickle.text('0'), pickle.text('cpu'), pickle.int(32)),
  'a storage type that is a text': () =>
    persistent(
      pickle.text('storage'),
      pickle.text('HalfStorage'),
      pickle.text('0'),
      pickle.text('cpu'),
      pickle.int(32),
    ),
  'a storage key that is a number': () =>
    persistent(pickle.text('storage'), half, pickle.int(0), pickle.text('cpu'), pickle.int(32)),
  'a storage of -1 values': () =>
    persistent(pickle.text('storage'), half, pickle.text('0'), pickle.text('cpu'), pickle.int(-1)),
  'a storage of 1.5 values': () =>
    persistent(
      pickle.text('storage'),
      half,
      pickle.text('0'),
      pickle.text('cpu'),
      op(0x47, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0),
    ),
  'a storage of NaN values': () =>
    persistent(
      pickle.text('storage'),
      half,
      pickle.text('0'),
      pickle.text('cpu'),
      op(0x47, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0),
    ),
  'a storage without length': () =>
    persistent(pickle.text('storage'), half, pickle.text('0'), pickle.text('cpu')),
  'a storage of more values than bytes': () => tensor({ elements: 33 }),
  'a storage that is not there': () => tensor({ storage: '1' }),
  'a storage above the folder': () => tensor({ storage: '../data.pkl' }),
  'a storage of complex numbers': () => tensor({ storageType: 'ComplexDoubleStorage' }),
  'a quantised storage': () => tensor({ storageType: 'QInt8Storage' }),
  'a storage whose type is another length': () => tensor({ storageType: 'FloatStorage' }),
  'a tensor past its storage': () => tensor({ shape: [5, 8] }),
  'an offset past its storage': () => tensor({ offset: 1 }),
  'a negative offset': () => tensor({ offset: -1 }),
  'a negative size': () => tensor({ shape: [-4, -8] }),
  'a size of 2^31 - 1': () => tensor({ shape: [0x7fffffff, 0x7fffffff], strides: [0x7fffffff, 1] }),
  'sizes whose product overflows': () =>
    tensor({ shape: new Array(8).fill(0x7fffffff), strides: new Array(8).fill(1) }),
  'nine axes': () => tensor({ shape: new Array(9).fill(1), strides: new Array(9).fill(1) }),
  'strides with a gap': () => tensor({ shape: [2, 8], strides: [16, 1] }),
  'strides of zero': () => tensor({ strides: [0, 0] }),
  'negative strides': () => tensor({ strides: [-8, 1] }),
  'transposed strides': () => tensor({ shape: [4, 8], strides: [1, 4] }),
  'fewer strides than sizes': () => tensor({ strides: [1] }),
  'a tensor without arguments': () => call('torch._utils', '_rebuild_tensor_v2'),
  'a tensor of a text': () => call('torch._utils', '_rebuild_tensor_v2', pickle.text('0'), pickle.int(0)),
  'a shape that is a dictionary': () =>
    call(
      'torch._utils',
      '_rebuild_tensor_v2',
      MARK,
      pickle.text('storage'),
      half,
      pickle.text('0'),
      pickle.text('cpu'),
      pickle.int(32),
      TUPLE,
      text('Q'),
      pickle.int(0),
      pickle.dict,
      pickle.dict,
    ),
  'a parameter of nothing': () => call('torch._utils', '_rebuild_parameter'),
};

/** Pairs (a, (b, b)), each the pair before twice: 2^40 values when written out. */
const DOUBLINGS = concat(
  EMPTY_TUPLE,
  put(0),
  ...Array.from({ length: 40 }, () => concat(get(0), get(0), op(0x86), put(0))),
);
/** A long list of pairs on the memo's place 1. */
const LONG_PAIRS = concat(
  EMPTY_LIST,
  put(1),
  NONE,
  NONE,
  op(0x86),
  put(2),
  MARK,
  times(50_000, get(2)),
  text('e'),
);
const ORDERED_DICT_OF_PAIRS = concat(get(3), get(1), op(0x85), REDUCE, text('0'));

const BOMBS: Readonly<Record<string, () => MemoryFolder>> = {
  'no opcode': () => file(new Uint8Array(0)),
  'a STOP alone': () => raw(STOP),
  'no STOP': () => raw(pickle.dict),
  'a value that is no dictionary': () => raw(pickle.int(1), STOP),
  'a root that is a mark': () => raw(MARK, STOP),
  'a text of 2^31 bytes': () => raw(text('X'), op(255, 255, 255, 127)),
  'a text of 2^32 - 1 bytes': () => raw(text('X'), op(255, 255, 255, 255)),
  'BINUNICODE8 of 2^63 bytes': () => raw(op(0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80)),
  'BINUNICODE8 of 2^64 - 1 bytes': () => raw(op(0x8d, 255, 255, 255, 255, 255, 255, 255, 255)),
  'BINBYTES8 of 2^62 bytes': () => raw(op(0x8e, 0, 0, 0, 0, 0, 0, 0, 0x40)),
  'BYTEARRAY8 of 2^62 bytes': () => raw(op(0x96, 0, 0, 0, 0, 0, 0, 0, 0x40)),
  'LONG4 of 2^31 - 1 bytes': () => raw(op(0x8b, 255, 255, 255, 127)),
  'LONG4 of -1 bytes': () => raw(op(0x8b, 255, 255, 255, 255)),
  'LONG1 cut short': () => raw(op(0x8a, 255, 1)),
  'a size of 255 bytes': () => tensorOfLong(255),
  'a frame past the end': () => raw(op(0x95, 255, 255, 255, 255, 255, 255, 255, 255)),
  'text that is no number': () => raw(text('I99999999999999999999999\n'), STOP),
  'a memo that is empty': () => raw(get(9), STOP),
  'a memo at 2^32 - 1': () => raw(text('j'), op(255, 255, 255, 255), STOP),
  'a memo of nothing': () => raw(put(0), STOP),
  'a tuple without mark': () => raw(TUPLE, STOP),
  'three values of an empty stack': () => raw(op(0x87), STOP),
  'items without dictionary': () => raw(MARK, pickle.int(1), pickle.int(2), pickle.setItems, STOP),
  'an odd number of items': () => raw(pickle.dict, MARK, pickle.int(1), pickle.setItems, STOP),
  'appending to a number': () => raw(pickle.int(1), pickle.int(2), text('a'), STOP),
  'marks and nothing else': () => raw(times(500_000, MARK), STOP),
  'lists 500,000 deep': () => raw(times(500_000, EMPTY_LIST), times(499_999, text('a')), STOP),
  'tuples 500,000 deep': () => raw(EMPTY_TUPLE, times(500_000, op(0x85)), STOP),
  'dictionaries 100,000 deep': () =>
    raw(
      times(100_000, concat(pickle.dict, pickle.text('module'))),
      pickle.dict,
      times(100_000, text('s')),
      STOP,
    ),
  'a dictionary within itself': () => raw(pickle.dict, put(0), pickle.text('a'), get(0), text('s'), STOP),
  'a dictionary that is its own module': () =>
    raw(pickle.dict, put(0), pickle.text('module'), get(0), text('s'), STOP),
  'a list of itself as a name': () => raw(EMPTY_LIST, put(0), get(0), text('a'), get(0), STACK_GLOBAL, STOP),
  'a name of 2^40 values': () => raw(DOUBLINGS, pickle.text('a'), STACK_GLOBAL, STOP),
  'a dictionary of 50,000 pairs, 20,000 times': () =>
    raw(
      pickle.global('collections', 'OrderedDict'),
      put(3),
      LONG_PAIRS,
      times(20_000, ORDERED_DICT_OF_PAIRS),
      STOP,
    ),
  '4 million memos': () => raw(pickle.dict, times(4_000_000, MEMOIZE), EMPTY_LIST, STOP),
  '4 million lists': () => raw(times(4_000_000, EMPTY_LIST), STOP),
  '4 million dictionaries': () => raw(times(4_000_000, pickle.dict), NONE, STOP),
  '40 million empty tuples': () => raw(times(40_000_000, EMPTY_TUPLE), STOP),
};

function tensorOfLong(bytes: number): MemoryFolder {
  const size = concat(op(0x8a, bytes), new Uint8Array(bytes).fill(0x7f));
  const id = [pickle.text('storage'), half, pickle.text('0'), pickle.text('cpu'), size];
  return persistent(...id);
}

/** Strange, but sound. */
const ODD: Readonly<Record<string, () => MemoryFolder>> = {
  'an empty state dict': () => file(pickledDict({})),
  'no tensors': () => file(pickledDict({ step: pickle.int(7), name: pickle.text('x') })),
  'the name __proto__': () =>
    file(
      pickledDict({
        ['__proto__']: pickledTensor({ storage: '0', elements: 32, shape: [32], strides: [1] }),
      }),
    ),
  'integers beside the weights': () =>
    tensor({ storageType: 'LongStorage', elements: 8, shape: [8], strides: [1] }),
  'no values': () => tensor({ shape: [0, 8] }),
  'a stride of an axis of length one': () => tensor({ shape: [1, 32], strides: [7, 1] }),
  '5,000 tensors over one storage': () =>
    file(
      pickledDict(
        Object.fromEntries(
          Array.from({ length: 5000 }, (_, i) => [
            `w${i}`,
            pickledTensor({ storage: '0', elements: 32, shape: [32], strides: [1] }),
          ]),
        ),
      ),
    ),
};

export const PICKLE_CASES: readonly HostileCase[] = [
  ...cases('code', CODE, 'refused'),
  ...cases('storage', STORAGES, 'refused'),
  ...cases('pickle', BOMBS, 'refused'),
  ...cases('pickle', ODD, 'harmless'),
];

function cases(
  kind: string,
  makers: Readonly<Record<string, () => MemoryFolder>>,
  outcome: HostileCase['outcome'],
): HostileCase[] {
  return Object.entries(makers).map(([name, make]) => ({ name: `${kind}: ${name}`, make, outcome }));
}
