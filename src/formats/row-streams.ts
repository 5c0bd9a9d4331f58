/**
 * Streams of rows: reading ahead, taking an exact number of rows, two streams in step. Iterators are written
 * out, not generators, because a generator that waits for bytes cannot be told to stop.
 */
import { AppError } from '../core/errors';
import type { RowBlock } from './checkpoint-types';

export const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Asks for the next item before the last one is handed out. A consumer that stops early closes the source at
 * once, whatever it waits for; how the abandoned read ends interests nobody.
 */
export function ahead<T>(source: AsyncIterable<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = source[Symbol.asyncIterator]();
      let pending: Promise<IteratorResult<T>> | undefined;
      let isClosed = false;
      const request = () => {
        const result = iterator.next();
        // Seen by whoever asks for this item; without an asker it must not end the process.
        result.catch(() => undefined);
        return result;
      };
      return {
        async next() {
          if (isClosed) return END;
          pending ??= request();
          try {
            const result = await pending;
            if (result.done) isClosed = true;
            else if (!isClosed) pending = request();
            return result;
          } catch (error) {
            isClosed = true;
            throw error;
          }
        },
        async return() {
          isClosed = true;
          close(iterator);
          return END;
        },
      };
    },
  };
}

/** Tells an iterator that nobody reads on. Not awaited: a read that hangs must not hold up its consumer. */
export function close(iterator: AsyncIterator<unknown> | undefined): void {
  iterator?.return?.().then(undefined, () => undefined);
}

/** Takes exactly as many rows as asked for from blocks of any size. One call at a time. */
export class RowPuller {
  readonly #blocks: AsyncIterator<RowBlock>;
  readonly #rowBytes: number;
  /** Of the last block, not yet taken. */
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(blocks: AsyncIterable<RowBlock>, rowBytes: number) {
    this.#blocks = blocks[Symbol.asyncIterator]();
    this.#rowBytes = rowBytes;
  }

  /** Waits until there are rows to take; false at the end. Throws what the stream throws. */
  async ready(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const block = await this.#blocks.next();
      if (block.done) return false;
      this.#rest = block.value.bytes;
    }
    return true;
  }

  /** The next `rows` rows in a buffer of their own. Throws `internal` when the stream ends before. */
  async take(rows: number): Promise<Uint8Array<ArrayBuffer>> {
    const wanted = rows * this.#rowBytes;
    let taken: Uint8Array<ArrayBuffer> | undefined;
    let filled = 0;
    while (filled < wanted) {
      if (!(await this.ready())) {
        throw new AppError('internal', { message: 'a stream of rows ended early' });
      }
      const rest = this.#rest;
      const used = rest.subarray(0, wanted - filled);
      this.#rest = rest.subarray(used.length);
      if (used.length === wanted && used.length === rest.length) return ownBuffer(rest);
      taken ??= new Uint8Array(wanted);
      taken.set(used, filled);
      filled += used.length;
    }
    return taken ?? new Uint8Array(0);
  }

  close(): void {
    close(this.#blocks);
  }
}

/** Makes one block of the bytes of two blocks that hold the same rows; both buffers may be taken over. */
type Combine = (
  left: Uint8Array<ArrayBuffer>,
  right: Uint8Array<ArrayBuffer>,
  rowStart: number,
) => Uint8Array<ArrayBuffer>;

/**
 * Two streams of the same rows in step, in the blocks of the first. When one of them fails, or the consumer
 * leaves, both are closed. Throws what they throw.
 */
export function zipRows(
  left: AsyncIterable<RowBlock>,
  right: AsyncIterable<RowBlock>,
  rightRowBytes: number,
  combine: Combine,
): AsyncIterable<RowBlock> {
  return ahead({
    [Symbol.asyncIterator]() {
      const blocks = left[Symbol.asyncIterator]();
      const puller = new RowPuller(right, rightRowBytes);
      const closeBoth = () => {
        close(blocks);
        puller.close();
      };
      return {
        async next(): Promise<IteratorResult<RowBlock>> {
          try {
            const [block] = await Promise.all([blocks.next(), puller.ready()]);
            if (block.done) return END;
            const { rowStart, rowEnd, bytes } = block.value;
            const other = await puller.take(rowEnd - rowStart);
            return { done: false, value: { rowStart, rowEnd, bytes: combine(bytes, other, rowStart) } };
          } catch (error) {
            closeBoth();
            throw error;
          }
        },
        async return() {
          closeBoth();
          return END;
        },
      };
    },
  });
}

/**
 * Every block changed by a function of its bytes, which may be taken over. When it fails, or the consumer
 * leaves, the source is closed.
 */
export function mapRows(
  source: AsyncIterable<RowBlock>,
  change: (bytes: Uint8Array<ArrayBuffer>, rowStart: number) => Promise<Uint8Array<ArrayBuffer>>,
): AsyncIterable<RowBlock> {
  return ahead({
    [Symbol.asyncIterator]() {
      const blocks = source[Symbol.asyncIterator]();
      return {
        async next(): Promise<IteratorResult<RowBlock>> {
          const block = await blocks.next();
          if (block.done) return END;
          const { rowStart, rowEnd, bytes } = block.value;
          try {
            return { done: false, value: { rowStart, rowEnd, bytes: await change(bytes, rowStart) } };
          } catch (error) {
            close(blocks);
            throw error;
          }
        },
        async return() {
          close(blocks);
          return END;
        },
      };
    },
  });
}

/** The same bytes from offset 0 of a buffer that holds nothing else. */
export function ownBuffer(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
