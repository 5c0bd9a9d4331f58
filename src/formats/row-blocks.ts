/**
 * Rows of a tensor as a stream of blocks. Network pieces have any size and quantisers want whole rows: what
 * arrives is cut again into blocks of about 4 MiB, with the next block under way while one is used.
 */
import { AppError } from '../core/errors';
import type { RowBlock } from './checkpoint-types';
import type { PackageFiles } from './package-files';
import { ahead, close, END, ownBuffer } from './row-streams';

const BLOCK_BYTES = 4 << 20;

/** A stretch of whole rows inside a file. */
export interface RowRange {
  readonly file: string;
  /** Where row `rowStart` begins. */
  readonly byteStart: number;
  readonly rowBytes: number;
  readonly rowStart: number;
  readonly rowEnd: number;
}

/**
 * The rows in blocks; one request for all of them where the files can stream. Throws `file-missing`,
 * `file-truncated`, `source-changed` (more bytes than were asked for), and what the files throw.
 */
export function streamRowBlocks(files: PackageFiles, range: RowRange): AsyncIterable<RowBlock> {
  return ahead({
    [Symbol.asyncIterator]: () => (files.stream ? cutStream(files, range) : readBlocks(files, range)),
  });
}

/** Rows of one block, as many as fit, at least one. */
function blockEnd({ rowBytes, rowEnd }: RowRange, row: number): number {
  return Math.min(rowEnd, row + Math.max(1, Math.floor(BLOCK_BYTES / rowBytes)));
}

function readBlocks(files: PackageFiles, range: RowRange): AsyncIterator<RowBlock> {
  let row = range.rowStart;
  return {
    async next() {
      if (row >= range.rowEnd) return END;
      const rowStart = row;
      row = blockEnd(range, rowStart);
      const at = (index: number) => range.byteStart + (index - range.rowStart) * range.rowBytes;
      const bytes = ownBuffer(await files.readRange(range.file, at(rowStart), at(row)));
      return { done: false, value: { rowStart, rowEnd: row, bytes } };
    },
  };
}

function cutStream(files: PackageFiles, range: RowRange): AsyncIterator<RowBlock> {
  const { file, byteStart, rowBytes, rowStart, rowEnd } = range;
  const byteEnd = byteStart + (rowEnd - rowStart) * rowBytes;
  let pieces: AsyncIterator<Uint8Array<ArrayBuffer>> | undefined;
  /** Of the last piece, not yet used. */
  let rest = new Uint8Array(0);
  let row = rowStart;

  async function nextPiece(): Promise<boolean> {
    pieces ??= files.stream!(file, byteStart, byteEnd)[Symbol.asyncIterator]();
    const piece = await pieces.next();
    if (!piece.done) rest = piece.value;
    return !piece.done;
  }
  async function atEnd(): Promise<IteratorResult<RowBlock>> {
    while (rest.length === 0 && pieces !== undefined) if (!(await nextPiece())) return END;
    if (rest.length === 0) return END;
    close(pieces);
    throw new AppError('source-changed', { file });
  }
  return {
    async next() {
      if (row >= rowEnd) return atEnd();
      const block = { rowStart: row, rowEnd: blockEnd(range, row) };
      const bytes = new Uint8Array((block.rowEnd - block.rowStart) * rowBytes);
      let filled = 0;
      while (filled < bytes.length) {
        if (rest.length === 0) {
          if (await nextPiece()) continue;
          throw new AppError('file-truncated', { file });
        }
        const used = rest.subarray(0, bytes.length - filled);
        bytes.set(used, filled);
        filled += used.length;
        rest = rest.subarray(used.length);
      }
      row = block.rowEnd;
      return { done: false, value: { ...block, bytes } };
    },
    async return() {
      row = rowEnd;
      rest = new Uint8Array(0);
      close(pieces);
      pieces = undefined;
      return END;
    },
  };
}
