/**
 * What a PyTorch pickle may build: plain containers, scalars, and descriptions of tensors. `GLOBALS` is the
 * closed list of names that it may mention; unpickle.ts is the machine that builds.
 * Source: PyTorch `torch/_utils.py` (`_rebuild_tensor_v2`), `torch/serialization.py` (storages).
 */

/** A tensor as the pickle describes it; its bytes lie in the archive entry `data/<storageKey>`. */
export class TorchTensor {
  constructor(
    readonly storageKey: string,
    readonly dtype: string,
    readonly storageElements: number,
    /** All three in elements of the storage. */
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** The type of a storage, as the pickle names it. */
export class StorageType {
  constructor(readonly dtype: string) {}
}
export class Storage {
  constructor(
    readonly key: string,
    readonly dtype: string,
    readonly elements: number,
  ) {}
}
export class Callable {
  constructor(
    readonly name: string,
    readonly call: (args: readonly Value[]) => Value,
  ) {}
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
  ['torch._utils._rebuild_tensor_v2', new Callable('_rebuild_tensor_v2', rebuildTensor)],
  ['torch._utils._rebuild_parameter', new Callable('_rebuild_parameter', ([tensor]) => needTensor(tensor))],
  ['collections.OrderedDict', new Callable('OrderedDict', orderedDict)],
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
  return new TorchTensor(
    storage.key,
    storage.dtype,
    storage.elements,
    needSize(offset),
    tensorShape,
    tensorStrides,
  );
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
