/** The pickle (protocol 2) of a state dict as `torch.save` writes it: each tensor with a storage of its own. */
import type { WeightDtype } from './random-weights';

const STORAGES: Readonly<Record<WeightDtype, string>> = {
  F16: 'HalfStorage',
  BF16: 'BFloat16Storage',
  F32: 'FloatStorage',
};

const EMPTY_ORDERED_DICT = 'ccollections\nOrderedDict\n)R';

export interface PickledTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Name of the archive entry with its values, below `data/`. */
  readonly key: string;
}

export function stateDictPickle(
  tensors: readonly PickledTensor[],
  dtype: WeightDtype,
): Uint8Array<ArrayBuffer> {
  const items = tensors.map(({ name, shape, key }) => {
    const elements = shape.reduce((product, size) => product * size, 1);
    const strides = shape.map((_, axis) =>
      shape.slice(axis + 1).reduce((product, size) => product * size, 1),
    );
    const storage = `(${text('storage')}ctorch\n${STORAGES[dtype]}\n${text(key)}${text('cpu')}${int(elements)}tQ`;
    const view = `${int(0)}${tuple(shape)}${tuple(strides)}\x89${EMPTY_ORDERED_DICT}`;
    return `${text(name)}ctorch._utils\n_rebuild_tensor_v2\n(${storage}${view}tR`;
  });
  return Uint8Array.from(`\x80\x02${EMPTY_ORDERED_DICT}(${items.join('')}u.`, (char) => char.charCodeAt(0));
}

/** Four bytes, little-endian, as characters. */
function int32(value: number): string {
  return String.fromCharCode(...new Uint8Array(Int32Array.of(value).buffer));
}
/** BINUNICODE; the names are ASCII. */
const text = (value: string): string => `X${int32(value.length)}${value}`;
/** BININT */
const int = (value: number): string => `J${int32(value)}`;
const tuple = (values: readonly number[]): string => `(${values.map(int).join('')}t`;
