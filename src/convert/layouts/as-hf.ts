/**
 * Presents a checkpoint of any known layout under Hugging Face's names and row order, so that delta, LoRA and
 * quantiser see one naming. Nothing is read before rows are asked for. What is no part of the model keeps
 * its name, for `checkCheckpoint` to judge.
 */
import { AppError } from '../../core/errors';
import type { CheckpointSource, CheckpointTensor } from '../../formats/checkpoint-types';
import { describeTensor } from '../../formats/shape';
import type { Architecture } from '../../models/architecture';
import { detectLayout } from './detect';
import { moduleRows, type RowView, whole } from './layout';
import { readView, streamView } from './row-view';

type Tensor = Pick<CheckpointTensor, 'dtype' | 'shape'>;

/** A tensor as presented, and where its rows come from. */
interface Presented {
  readonly tensor: Tensor;
  /** Full name in the checkpoint. */
  readonly name: string;
  readonly view: RowView;
}

/**
 * Throws AppError `tensor-missing` {tensor} and `tensor-mismatch` {tensor, expected, actual}, both with the
 * publisher's own name of the tensor.
 */
export function asHfLayout(source: CheckpointSource, architecture: Architecture): CheckpointSource {
  const { layout, prefix } = detectLayout(source.tensors.keys());
  if (layout.id === 'hf' && prefix === '') return source;
  const presented = new Map<string, Presented>();
  const used = new Set<string>();
  if (layout.id !== 'hf') {
    const views = layout.views(architecture);
    const rowsOf = moduleRows(views);
    for (const [module, view] of views) {
      const name = `${prefix}${view.from}.weight`;
      const tensor = source.tensors.get(name);
      if (tensor === undefined) {
        if (module === 'lm_head' && architecture.tiedEmbedding) continue;
        throw new AppError('tensor-missing', { tensor: name });
      }
      used.add(name);
      presented.set(`${module}.weight`, present(name, tensor, view, rowsOf.get(view.from)!));
    }
  }
  for (const [name, tensor] of source.tensors) {
    if (used.has(name)) continue;
    const short = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    if (presented.has(short)) throw mismatch(name, 'one tensor of that name', tensor);
    presented.set(short, { tensor, name, view: whole(short, tensor.shape[0] ?? 1) });
  }
  return presentedSource(source, presented, architecture.headDim);
}

/** Where rows are taken apart or moved, their number must be right; else it is the tensor's own. */
function present(name: string, tensor: Tensor, view: RowView, rows: number): Presented {
  if (view.rows === rows && !view.interleaved) {
    return { tensor, name, view: whole(view.from, tensor.shape[0] ?? 1) };
  }
  if (tensor.shape[0] !== rows) throw mismatch(name, `${rows} rows`, tensor);
  const shape = [view.rows, ...tensor.shape.slice(1)];
  return { tensor: { dtype: tensor.dtype, shape }, name, view };
}

function mismatch(tensor: string, expected: string, { shape, dtype }: Tensor): AppError {
  return new AppError('tensor-mismatch', { tensor, expected, actual: describeTensor(shape, dtype) });
}

function presentedSource(
  source: CheckpointSource,
  presented: ReadonlyMap<string, Presented>,
  headDim: number,
): CheckpointSource {
  const find = (tensor: string): Presented => {
    const found = presented.get(tensor);
    if (found === undefined) throw new AppError('tensor-missing', { tensor });
    return found;
  };
  const checked = (rowStart: number, rowEnd: number, { view }: Presented): void => {
    if (rowStart >= 0 && rowStart <= rowEnd && rowEnd <= view.rows) return;
    throw new AppError('parameter-out-of-range', { parameter: 'rows', rowStart, rowEnd, rows: view.rows });
  };
  return {
    tensors: new Map([...presented].map(([name, { tensor }]) => [name, tensor])),
    streamRows(tensor, rowStart = 0, rowEnd) {
      const found = find(tensor);
      const end = rowEnd ?? found.view.rows;
      checked(rowStart, end, found);
      return streamView(source, found.name, found.view, headDim, rowStart, end);
    },
    async readRows(tensor, rowStart, rowEnd) {
      const found = find(tensor);
      checked(rowStart, rowEnd, found);
      return readView(source, found.name, found.view, headDim, rowStart, rowEnd);
    },
  };
}
