/** Rows of a tensor seen through a `RowView`: a part of it, with the rows of each head put in order. */
import type { CheckpointSource, RowBlock } from '../../formats/checkpoint-types';
import { ahead, END, RowPuller } from '../../formats/row-streams';
import { rowBytesOf } from '../../formats/shape';
import type { RowView } from './layout';

/** Source bytes of one block, at least one head. */
const BLOCK_BYTES = 4 << 20;

type Rows = Pick<RowView, 'rowStart' | 'interleaved'>;

/** Rows [rowStart, rowEnd) of the view. Throws like `CheckpointSource.readRows`. */
export async function readView(
  source: CheckpointSource,
  name: string,
  view: Rows,
  headDim: number,
  rowStart: number,
  rowEnd: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!view.interleaved) return source.readRows(name, view.rowStart + rowStart, view.rowStart + rowEnd);
  const rowBytes = rowBytesOf(source.tensors.get(name)!);
  const first = Math.floor(rowStart / headDim) * headDim;
  const last = Math.ceil(rowEnd / headDim) * headDim;
  const heads = await source.readRows(name, view.rowStart + first, view.rowStart + last);
  const rows = separatePairs(heads, headDim, rowBytes);
  return rowStart === first && rowEnd === last
    ? rows
    : rows.slice((rowStart - first) * rowBytes, (rowEnd - first) * rowBytes);
}

/** The same as a stream, in blocks of whole heads where rows are put in order. */
export function streamView(
  source: CheckpointSource,
  name: string,
  view: Rows,
  headDim: number,
  rowStart: number,
  rowEnd: number,
): AsyncIterable<RowBlock> {
  if (!view.interleaved) {
    const rows = source.streamRows(name, view.rowStart + rowStart, view.rowStart + rowEnd);
    return view.rowStart === 0 ? rows : shifted(rows, view.rowStart);
  }
  const rowBytes = rowBytesOf(source.tensors.get(name)!);
  const first = Math.floor(rowStart / headDim) * headDim;
  const last = Math.ceil(rowEnd / headDim) * headDim;
  const step = Math.max(1, Math.floor(BLOCK_BYTES / (rowBytes * headDim))) * headDim;
  return ahead({
    [Symbol.asyncIterator]() {
      const stream = source.streamRows(name, view.rowStart + first, view.rowStart + last);
      const puller = new RowPuller(stream, rowBytes);
      let row = first;
      return {
        async next(): Promise<IteratorResult<RowBlock>> {
          if (row >= last) return END;
          const start = row;
          row = Math.min(last, start + step);
          const bytes = separatePairs(await puller.take(row - start), headDim, rowBytes);
          const [from, to] = [Math.max(start, rowStart), Math.min(row, rowEnd)];
          const isWhole = from === start && to === row;
          const part = isWhole ? bytes : bytes.slice((from - start) * rowBytes, (to - start) * rowBytes);
          return { done: false, value: { rowStart: from, rowEnd: to, bytes: part } };
        },
        async return() {
          row = last;
          puller.close();
          return END;
        },
      };
    },
  });
}

/**
 * [heads, headDim / 2, 2] rows to [heads, 2, headDim / 2] rows. With it, rotating halves computes what rotating
 * neighbours computed before. Source: FlagAI `script/convert_aquila_weights_to_hf.py`.
 */
export function separatePairs(
  bytes: Uint8Array<ArrayBuffer>,
  headDim: number,
  rowBytes: number,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length);
  const half = headDim / 2;
  const rows = bytes.length / rowBytes;
  for (let row = 0; row < rows; row++) {
    const inHead = row % headDim;
    const target = row - inHead + (inHead % 2) * half + (inHead >> 1);
    out.set(bytes.subarray(row * rowBytes, (row + 1) * rowBytes), target * rowBytes);
  }
  return out;
}

function shifted(source: AsyncIterable<RowBlock>, by: number): AsyncIterable<RowBlock> {
  return {
    [Symbol.asyncIterator]() {
      const blocks = source[Symbol.asyncIterator]();
      return {
        async next(): Promise<IteratorResult<RowBlock>> {
          const block = await blocks.next();
          if (block.done) return END;
          const { rowStart, rowEnd, bytes } = block.value;
          return { done: false, value: { rowStart: rowStart - by, rowEnd: rowEnd - by, bytes } };
        },
        async return() {
          await blocks.return?.();
          return END;
        },
      };
    },
  };
}
