/**
 * One file behind an address. A connection that stalls or breaks is taken up again at the byte it reached.
 * What the first answer said of the file (length, entity tag or date) must hold for every later one, so that
 * no model is put together from two versions of a file.
 */
import { AppError } from '../../core/errors';
import type { HttpAnswer, HttpClient } from './http-client';
import { Interrupted, type Patience } from './patience';
import { SMALL_BYTES, type SmallReads } from './small-reads';

type Bytes = Uint8Array<ArrayBuffer>;

/** A server that ignores ranges sends from the start: so much is passed over rather than given up. */
const MAX_SKIP_BYTES = 8 << 20;
/** Longer stretches grow piece by piece: a length that lies must not allocate. */
const MAX_PREALLOCATED_BYTES = 64 << 20;
/** A younger date may be the moment of the answer instead of the file's. */
const MIN_DATE_AGE_MS = 60_000;

export class RemoteFile {
  /** What a host said of the file, by host: two servers name the same bytes differently. */
  private readonly tags = new Map<string, string>();
  /** The length came from the file's own host. */
  private isSizeConfirmed = false;

  constructor(
    private readonly client: HttpClient,
    private readonly smallReads: SmallReads,
    readonly name: string,
    readonly url: string,
    /** As listed, until a host says otherwise. */
    private size: number | undefined,
  ) {}

  get sizeBytes(): number | undefined {
    return this.size;
  }

  /** Entity tag or date, for an identity; empty where the host sends neither. */
  get tag(): string {
    return [...this.tags.values()][0] ?? '';
  }

  /**
   * Asks for one byte, where the length is not known: is the file there, and how long is it? Where the answer
   * hides its total length, as many do from pages of other origins, an open range is begun instead.
   * Throws like `stream`; `file-missing` means that it is not there.
   */
  async probe(retries?: number): Promise<void> {
    const tries = this.client.patience(retries === undefined ? {} : { retries });
    if (this.size === undefined) await this.ask(1, tries);
    if (this.size === undefined) await this.ask(undefined, tries);
  }

  /** Asks again whether a file that was there still is. Throws like `stream`. */
  async confirm(): Promise<void> {
    await this.ask(1, this.client.patience());
  }

  private async ask(end: number | undefined, tries: Patience): Promise<void> {
    for (;;) {
      try {
        const answer = await this.client.open({ url: this.url, file: this.name, start: 0, end });
        try {
          this.accept(answer, 0, end);
        } finally {
          answer.close();
        }
        return;
      } catch (error) {
        // An empty file has no first byte.
        if (this.size === 0) return;
        await tries.afterFault(error);
      }
    }
  }

  /** The whole file. Throws like `stream`. */
  async read(): Promise<Bytes> {
    if (this.size !== undefined) return this.readRange(0, this.size);
    return gather(this.stream(0, undefined));
  }

  /** Throws like `stream`. */
  async readRange(start: number, end: number): Promise<Bytes> {
    this.checkRange(start, end);
    const length = end - start;
    if (length === 0) return new Uint8Array(0);
    if (length <= SMALL_BYTES && this.size !== undefined) {
      const load = (from: number, to: number) => gather(this.connect(from, to), to - from);
      return this.smallReads.read(this.url, this.size, start, end, load);
    }
    return gather(this.connect(start, end), length);
  }

  /**
   * The bytes as they arrive; whoever leaves early ends the connection, even one that is stalled.
   * Throws AppError `file-truncated` {file, expectedBytes, actualBytes}, `source-changed` {file}, what the
   * client's `open` throws, and `download-failed` {file, host, reason}: `network`, `stalled`, `cut`,
   * `no-ranges`.
   */
  stream(start: number, end: number | undefined): AsyncIterable<Bytes> {
    return closable((signal) => this.pieces(start, end, signal));
  }

  private async *pieces(start: number, end: number | undefined, signal: AbortSignal): AsyncGenerator<Bytes> {
    if (end !== undefined) this.checkRange(start, end);
    const isSmall = end !== undefined && end - start <= SMALL_BYTES;
    if (isSmall && end > start) yield await this.readRange(start, end);
    else yield* this.connect(start, end, signal);
  }

  private checkRange(start: number, end: number): void {
    const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end;
    if (!isRange) throw new AppError('parameter-out-of-range', { parameter: 'range', start, end });
    if (this.size !== undefined && end > this.size) this.failTruncated(end, this.size);
  }

  /** The bytes in order, through as many connections as it takes. */
  private async *connect(
    start: number,
    until: number | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Bytes> {
    let at = start;
    let end = until;
    const tries = this.client.patience({ signal });
    while (end === undefined || at < end) {
      try {
        const answer = await this.client.open({ url: this.url, file: this.name, start: at, end, signal });
        try {
          let skip = this.accept(answer, at, end);
          end ??= this.size;
          for (let piece = await answer.next(); piece; piece = await answer.next()) {
            tries.received(piece.length);
            const useful = piece.subarray(skip, end === undefined ? undefined : skip + end - at);
            skip = Math.max(0, skip - piece.length);
            at += useful.length;
            if (useful.length > 0) yield useful;
            if (at === end) return;
          }
          if (end === undefined || at === end) return;
        } finally {
          answer.close();
        }
        throw new Interrupted(this.failure(answer, 'cut'));
      } catch (error) {
        await tries.afterFault(error);
      }
    }
  }

  /** Checks an answer against all that is known; returns how many of its bytes lie in front of `at`. */
  private accept(answer: HttpAnswer, at: number, end: number | undefined): number {
    const { status, headers } = answer;
    const [, first, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
    const totalBytes = total === undefined ? undefined : Number(total);
    if (status === 416) return this.refusedRange(answer, at, end, totalBytes);
    this.compareTag(answer);
    const length = headers.get('content-length');
    if (totalBytes !== undefined) this.learnSize(totalBytes);
    // The body of an open range from the start is the file; that of a packed answer is longer than announced.
    else if (length !== null && (status === 200 || (at === 0 && end === undefined))) {
      if (!headers.get('content-encoding')) this.learnSize(Number(length));
    }
    const from = status === 200 ? 0 : first === undefined ? at : Number(first);
    if (from > at || at - from > MAX_SKIP_BYTES) throw this.failure(answer, 'no-ranges');
    return at - from;
  }

  /** 416: there is nothing behind `at`. */
  private refusedRange(answer: HttpAnswer, at: number, end: number | undefined, total: number | undefined) {
    if (total !== undefined && total > at) throw this.failure(answer, 'no-ranges');
    if (end === undefined && (total ?? at) === at) {
      this.learnSize(at);
      return 0;
    }
    if (total !== undefined) this.learnSize(total);
    return this.failTruncated(end ?? at, total ?? at);
  }

  private learnSize(sizeBytes: number): void {
    if (!Number.isSafeInteger(sizeBytes)) return;
    const known = this.size;
    if (known !== undefined && known !== sizeBytes) {
      // A listing that promises too much is a damaged upload; anything else is another version.
      if (this.isSizeConfirmed || sizeBytes > known)
        throw new AppError('source-changed', { file: this.name });
      this.failTruncated(known, sizeBytes);
    }
    this.size = sizeBytes;
    this.isSizeConfirmed = true;
  }

  private compareTag({ headers, host }: HttpAnswer): void {
    const entityTag = headers.get('etag')?.replace(/^W\//, '');
    const date = Date.parse(headers.get('last-modified') ?? '');
    const tag = entityTag ?? (date < Date.now() - MIN_DATE_AGE_MS ? new Date(date).toISOString() : undefined);
    if (tag === undefined) return;
    const known = this.tags.get(host);
    const isSameKind = known !== undefined && known.startsWith('"') === tag.startsWith('"');
    if (isSameKind && known !== tag) throw new AppError('source-changed', { file: this.name });
    if (known === undefined) this.tags.set(host, tag);
  }

  private failTruncated(expectedBytes: number, actualBytes: number): never {
    throw new AppError('file-truncated', { file: this.name, expectedBytes, actualBytes });
  }

  private failure({ host }: HttpAnswer, reason: string): AppError {
    return new AppError('download-failed', { file: this.name, host, reason });
  }
}

async function gather(pieces: AsyncIterable<Bytes>, length = Number.POSITIVE_INFINITY): Promise<Bytes> {
  if (length > MAX_PREALLOCATED_BYTES) {
    const all: Bytes[] = [];
    for await (const piece of pieces) all.push(piece);
    return new Uint8Array(await new Blob(all).arrayBuffer());
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for await (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** A generator that waits for bytes cannot be told to stop; its signal can. */
function closable<T>(start: (signal: AbortSignal) => AsyncGenerator<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const stop = new AbortController();
      const items = start(stop.signal);
      return {
        next: () => items.next(),
        async return() {
          stop.abort();
          // Not awaited: what it waited for ends with `aborted`, which interests nobody any more.
          items.return(undefined).catch(() => undefined);
          return { done: true, value: undefined };
        },
      };
    },
  };
}
