/**
 * The rows of many tensors, one after another, as one stream. The next tensor is opened when the last block
 * of the one before is under way: a source in the network takes a round trip to begin, and a model has
 * hundreds of tensors.
 */
import type { CheckpointSource, RowBlock } from '../formats/checkpoint-types';
import { untilAborted } from './bounded-work';
import type { SourcePart } from './checkpoint-names';

export interface PartBlock<P> {
  readonly part: P;
  readonly block: RowBlock;
}

/** One tensor being read; its first block is asked for at once. */
class OpenPart {
  readonly #rows: AsyncIterator<RowBlock>;
  #first: Promise<IteratorResult<RowBlock>> | undefined;

  constructor(source: CheckpointSource, name: string) {
    this.#rows = source.streamRows(name)[Symbol.asyncIterator]();
    this.#first = this.#rows.next();
    // Seen by whoever asks for the block; until then it must not count as unheard.
    this.#first.catch(() => undefined);
  }

  next(): Promise<IteratorResult<RowBlock>> {
    const first = this.#first ?? this.#rows.next();
    this.#first = undefined;
    return first;
  }

  /** Not awaited by anyone: a read that hangs must not hold up who leaves. */
  close(): void {
    this.#rows.return?.().then(undefined, () => undefined);
  }
}

/** Throws what the source throws, and the signal's reason as soon as it is aborted. */
export async function* blocksOfParts<P extends SourcePart>(
  source: CheckpointSource,
  parts: readonly P[],
  signal: AbortSignal,
): AsyncGenerator<PartBlock<P>> {
  let next: OpenPart | undefined;
  let current: OpenPart | undefined;
  try {
    for (const [index, part] of parts.entries()) {
      current = next ?? new OpenPart(source, part.name);
      next = undefined;
      const following = parts[index + 1];
      for (;;) {
        const result = await untilAborted(current.next(), signal);
        if (result.done) break;
        const { rowStart, rowEnd } = result.value;
        const isNearEnd = part.shape[0]! - rowEnd <= rowEnd - rowStart;
        if (isNearEnd && following) next ??= new OpenPart(source, following.name);
        yield { part, block: result.value };
      }
    }
  } finally {
    current?.close();
    next?.close();
  }
}
