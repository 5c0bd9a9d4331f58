/**
 * One request to a host of checkpoints: sent, watched for stalls, its status turned into a typed error or
 * into an `Interrupted` that may be tried again (by http-files.ts). Only plain ranged GET, because the hosts
 * allow nothing else across origins: no HEAD, no cookies, no referrer, and no header that would cause a
 * preflight. `Range: bytes=A-B` causes none. `If-Range` would, and ModelScope's delivery network does not
 * allow it; http-files.ts compares entity tags itself instead. `Authorization` goes to the host the token is
 * for; fetch drops it when a redirect leaves that origin (Fetch standard, HTTP-redirect fetch, step 13).
 */
import { AppError } from '../../core/errors';
import { parseJson } from '../../formats/json';
import { DEFAULT_TIMING, Interrupted, Patience, type SourceTiming } from './patience';

export interface HttpOptions {
  readonly fetch?: typeof fetch | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Access token for a host (`huggingface.co`), where there is one. */
  readonly token?: ((host: string) => string | undefined) | undefined;
  readonly timing?: Partial<SourceTiming> | undefined;
}

export interface HttpRequest {
  readonly url: string;
  /** What to call it in errors. */
  readonly file: string;
  /** First byte wanted; absent: no range is asked for. */
  readonly start?: number;
  /** Exclusive; absent: to the end. */
  readonly end?: number | undefined;
  /** Ends this request, beside the signal that ends all. */
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  /** 200, 206 or 416. */
  readonly status: number;
  readonly headers: Headers;
  /** Of the server that answered in the end. */
  readonly host: string;
  /** The next piece, undefined at the end. Throws `Interrupted`, AppError `aborted`. */
  next(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Ends the connection; to be called always. */
  close(): void;
}

export interface HttpClient {
  /** Throws `Interrupted`, AppError `source-refused`, `file-missing`, `download-failed`, `aborted`. */
  open(request: HttpRequest): Promise<HttpAnswer>;
  /** A JSON answer, tried again as often as is worth it; throws no `Interrupted`, but `format-invalid`. */
  json(url: string, label: string): Promise<{ value: unknown; headers: Headers }>;
  /** `retries`: fewer than usual; `signal`: ends a pause, beside the signal that ends all. */
  patience(about?: { retries?: number; signal?: AbortSignal | undefined }): Patience;
}

const MAX_JSON_BYTES = 32 << 20;

export function httpClient(options: HttpOptions): HttpClient {
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const { token } = options;
  // A bare `fetch` called as a method of another object is refused by browsers.
  const send: typeof fetch = (input, init) => (options.fetch ?? fetch)(input, init);
  const reached = new Set<string>();

  async function open(request: HttpRequest): Promise<HttpAnswer> {
    const { url, file, start, end } = request;
    const { host } = new URL(url);
    const headers: Record<string, string> = {};
    if (start !== undefined) headers.range = `bytes=${start}-${end === undefined ? '' : end - 1}`;
    const secret = token?.(host);
    if (secret) headers.authorization = `Bearer ${secret}`;
    const watch = watchdog(timing.stallMs, [options.signal, request.signal], (reason, cause) => {
      const final = new AppError('download-failed', { file, host, reason }, cause);
      // A host that never answered is more likely blocked or misspelt than busy.
      return new Interrupted(final, reached.has(host) ? {} : { retries: 1 });
    });
    try {
      const response = await watch.guard((stop) =>
        send(url, {
          headers,
          signal: stop,
          credentials: 'omit',
          referrerPolicy: 'no-referrer',
          // Weights pass through once: a copy in the browser's cache would only push out other things.
          cache: 'no-store',
        }),
      );
      reached.add(host);
      checkStatus(response, file, host);
      const reader = response.body?.getReader();
      return {
        status: response.status,
        headers: response.headers,
        host: response.url ? new URL(response.url).host : host,
        next: () =>
          watch.guard(async () => (await reader?.read())?.value as Uint8Array<ArrayBuffer> | undefined),
        close: watch.close,
      };
    } catch (error) {
      watch.close();
      throw error;
    }
  }

  const patience: HttpClient['patience'] = ({ retries = timing.retries, signal } = {}) =>
    new Patience({ ...timing, retries }, [options.signal, signal]);
  return {
    open,
    patience,
    async json(url, label) {
      for (const tries = patience(); ; ) {
        try {
          const answer = await open({ url, file: label });
          try {
            return { value: parseJson(await collect(answer, label), label), headers: answer.headers };
          } finally {
            answer.close();
          }
        } catch (error) {
          await tries.afterFault(error);
        }
      }
    },
  };
}

async function collect(answer: HttpAnswer, label: string): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (let piece = await answer.next(); piece; piece = await answer.next()) {
    length += piece.length;
    if (length > MAX_JSON_BYTES) throw new AppError('format-invalid', { file: label, reason: 'too long' });
    pieces.push(piece);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/** Ends a connection that is silent for too long, or that is no longer wanted. */
function watchdog(
  stallMs: number,
  signals: readonly (AbortSignal | undefined)[],
  interrupted: (reason: string, cause: unknown) => Interrupted,
) {
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  const isAborted = () => signals.some((signal) => signal?.aborted);
  for (const signal of signals) signal?.addEventListener('abort', onAbort, { once: true });
  return {
    /** Time runs only while something is awaited: a slow reader is no stall. */
    async guard<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T> {
      if (isAborted()) throw new AppError('aborted');
      let isStalled = false;
      const timer = setTimeout(() => {
        isStalled = true;
        stop.abort();
      }, stallMs);
      try {
        return await work(stop.signal);
      } catch (error) {
        if (isAborted()) throw new AppError('aborted', {}, error);
        throw interrupted(isStalled ? 'stalled' : 'network', error);
      } finally {
        clearTimeout(timer);
      }
    },
    close() {
      for (const signal of signals) signal?.removeEventListener('abort', onAbort);
      stop.abort();
    },
  };
}

function checkStatus(response: Response, file: string, host: string): void {
  const { status, headers } = response;
  if (status === 401 || status === 403) throw new AppError('source-refused', { host, file, status });
  if (status === 404 || status === 410) throw new AppError('file-missing', { file, host });
  if (status === 429) {
    const waitMs = retryAfter(headers) ?? windowEnd(headers);
    const wait = waitMs === undefined ? {} : { waitSeconds: Math.ceil(waitMs / 1000) };
    throw new Interrupted(new AppError('source-limited', { host, ...wait }), { waitMs });
  }
  const failed = new AppError('download-failed', { file, host, status });
  if (status === 408 || status === 425 || status >= 500) {
    throw new Interrupted(failed, { waitMs: retryAfter(headers) });
  }
  if (status === 416) return;
  if (status !== 200 && status !== 206) throw failed;
  // Servers of single-page applications answer a missing file with their start page.
  const isPage = /^text\/html\b/i.test(headers.get('content-type') ?? '');
  if (isPage && !/\.html?$/.test(file)) throw new AppError('file-missing', { file, host });
}

/** Milliseconds; in seconds or as a date (RFC 9110 section 10.2.3). Pages do not see it across origins. */
function retryAfter(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (text && /^\d+$/.test(text)) return Number(text) * 1000;
  const date = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** Milliseconds until Hugging Face counts anew: `RateLimit: "resolvers";r=0;t=55`. */
function windowEnd(headers: Headers): number | undefined {
  const [, seconds] = /;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '') ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
