/**
 * What a PyTorch pickle may build: plain containers, scalars, and descriptions of tensors. `GLOBALS` is the
 * closed list of names that it may mention; unpickle.ts is the machine that builds.
 * Source: PyTorch `torch/_utils.py` (`_rebuild_tensor_v2`), `torch/serialization.py` (storages).
 */

/** The type of a storage, as the pickle names it. */
export class StorageType {
  readonly dtype: string;
  constructor(dtype: string) {
    this.dtype = dtype;
  }
}

/** Values that lie in the archive entry `data/<key>`. */
export class Storage {
  readonly key: string;
  readonly dtype: string;
  readonly elements: number;
  constructor(key: string, dtype: string, elements: number) {
    this.key = key;
    this.dtype = dtype;
    this.elements = elements;
  }
}

/** A tensor as the pickle describes it: a view of a storage, all numbers in elements. */
export class TorchTensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

type Call = (args: readonly Value[]) => Value;

/** A function that a pickle may call. */
export class Callable {
  readonly call: Call;
  constructor(call: Call) {
    this.call = call;
  }
}

export class Dict extends Map<Value, Value> {}

export type Value =
  | null
  | boolean
  | number
  | string
  | Value[]
  | Dict
  | StorageType
  | Storage
  | Callable
  | TorchTensor
  | typeof MARK;

export const MARK = Symbol('mark');

/** Broken, as opposed to refused. */
export class Malformed extends Error {}

/** Everything that a pickle may name. */
export const GLOBALS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['torch.HalfStorage', new StorageType('F16')],
  ['torch.BFloat16Storage', new StorageType('BF16')],
  ['torch.FloatStorage', new StorageType('F32')],
  // Of buffers and counters, which stand beside the weights.
  ['torch.DoubleStorage', new StorageType('F64')],
  ['torch.ComplexFloatStorage', new StorageType('C64')],
  ['torch.LongStorage', new StorageType('I64')],
  ['torch.IntStorage', new StorageType('I32')],
  ['torch.ShortStorage', new StorageType('I16')],
  ['torch.CharStorage', new StorageType('I8')],
  ['torch.ByteStorage', new StorageType('U8')],
  ['torch.BoolStorage', new StorageType('BOOL')],
  ['torch._utils._rebuild_tensor_v2', new Callable(rebuildTensor)],
  ['torch._utils._rebuild_parameter', new Callable(([tensor]) => needTensor(tensor))],
  ['collections.OrderedDict', new Callable(orderedDict)],
]);

/** (storage, offset, shape, strides, requires_grad, hooks, …) */
function rebuildTensor([storage, offset, shape, strides]: readonly Value[]): Value {
  if (!(storage instanceof Storage)) throw new Malformed('a tensor without storage');
  const numbers = (list: Value | undefined): number[] => {
    if (!Array.isArray(list) || list.length > 8) throw new Malformed('a tensor without shape');
    return list.map(needSize);
  };
  const tensorShape = numbers(shape);
  const tensorStrides = numbers(strides);
  if (tensorShape.length !== tensorStrides.length) throw new Malformed('shape and strides differ in length');
  return new TorchTensor(storage, needSize(offset), tensorShape, tensorStrides);
}

function orderedDict([pairs]: readonly Value[]): Value {
  const dict = new Dict();
  if (pairs === undefined) return dict;
  if (!Array.isArray(pairs)) throw new Malformed('OrderedDict of something else than pairs');
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new Malformed('OrderedDict of something else than pairs');
    dict.set(pair[0]!, pair[1]!);
  }
  return dict;
}

function needTensor(value: Value | undefined): TorchTensor {
  if (value instanceof TorchTensor) return value;
  throw new Malformed('a parameter without tensor');
}

export function needSize(value: Value | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Malformed('a size that is no whole number');
}
