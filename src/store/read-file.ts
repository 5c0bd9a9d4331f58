/** Reads one file of a source whole, with a stall timer and a few retries where trying again can help. */
import { AppError } from '../core/errors';
import type { PackageSource, SourceFile } from './package-source';

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Where known: the length the file must have. */
  readonly sizeBytes?: number | undefined;
  /** Called with the bytes of this file that are there so far; goes back to 0 on a retry. */
  readonly onBytes?: (done: number) => void;
  readonly fresh?: boolean;
  readonly timing?: ReadTiming;
}

export interface ReadTiming {
  /** Without a byte for so long, a try counts as failed. */
  readonly stallMs: number;
  /** Pauses before the second, third, ... try. */
  readonly retryMs: readonly number[];
}
const TIMING: ReadTiming = { stallMs: 30_000, retryMs: [500, 2_000, 6_000] };

/** Most bytes of a file whose length nobody announced. */
const MOST_UNANNOUNCED = 64 << 20;

/**
 * @throws AppError `file-missing`, `file-truncated` {file, expectedBytes, foundBytes} when it is shorter or
 *   longer than it must be, `download-failed` {file, url, host, reason or status}, `aborted`.
 */
export async function readWhole(
  source: PackageSource,
  name: string,
  options: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { retryMs } = options.timing ?? TIMING;
  for (let attempt = 0; ; attempt++) {
    try {
      return await readOnce(source, name, options);
    } catch (caught) {
      if (options.signal.aborted) throw new AppError('aborted', {}, caught);
      const error = AppError.from(caught);
      const pause = retryMs[attempt];
      if (pause === undefined || !isWorthRetrying(error)) throw error;
      await delay(pause, options.signal);
    }
  }
}

function isWorthRetrying({ code, details }: AppError): boolean {
  if (code !== 'download-failed') return false;
  const status = Number(details.status ?? 0);
  return status === 0 ? details.reason !== 'address' : status >= 500 || status === 429 || status === 408;
}

async function readOnce(
  source: PackageSource,
  name: string,
  options: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const stall = new AbortController();
  const signal = AbortSignal.any([options.signal, stall.signal]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const { stallMs } = options.timing ?? TIMING;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stall.abort(), stallMs);
  };
  alive();
  try {
    return await collect(
      await source.open(name, signal, options.fresh ?? false),
      name,
      options,
      signal,
      alive,
    );
  } catch (error) {
    if (stall.signal.aborted && !options.signal.aborted)
      throw new AppError('download-failed', { file: name, url: source.address, reason: 'stalled' }, error);
    if (error instanceof AppError) throw error;
    // A body that breaks off rejects with the platform's own error; so does a file changed since it was chosen.
    throw new AppError('download-failed', { file: name, url: source.address, reason: 'interrupted' }, error);
  } finally {
    clearTimeout(timer);
  }
}

async function collect(
  file: SourceFile,
  name: string,
  options: ReadOptions,
  signal: AbortSignal,
  alive: () => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const expected = options.sizeBytes ?? file.sizeBytes;
  const wrongLength = (foundBytes: number) =>
    new AppError('file-truncated', { file: name, expectedBytes: expected ?? MOST_UNANNOUNCED, foundBytes });
  const reader = file.stream.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener('abort', cancel);
  // [expected] filled as it comes; without a length the pieces are kept and joined.
  const whole = expected === undefined ? undefined : new Uint8Array(expected);
  const pieces: Uint8Array[] = [];
  let done = 0;
  try {
    for (;;) {
      const { value, done: isEnd } = await reader.read();
      if (signal.aborted) throw new AppError('aborted');
      if (isEnd) break;
      alive();
      if (done + value.length > (expected ?? MOST_UNANNOUNCED)) throw wrongLength(done + value.length);
      if (whole) whole.set(value, done);
      else pieces.push(value);
      done += value.length;
      options.onBytes?.(done);
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
  if (whole) {
    if (done !== whole.length) throw wrongLength(done);
    return whole;
  }
  return new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

async function delay(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(end, ms);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
    signal.addEventListener('abort', end);
  });
  if (signal.aborted) throw new AppError('aborted');
}
