/**
 * The one error type of Aerie. A code says what went wrong, `details` carries the numbers and names as
 * plain data, and the interface owns the sentence in each language (src/i18n). Because an error is data it
 * survives web-llm's worker protocol, which sends only `String(error)`: see `toString` and `fromText`.
 */
export const ERROR_CODES = [
  // browser and device
  'insecure-context',
  'no-webgpu',
  'no-adapter',
  'limits-too-small',
  'device-lost',
  'out-of-gpu-memory',
  'worker-crashed',
  // packages and checkpoints
  'model-unknown',
  'model-incomplete',
  'file-missing',
  'file-truncated',
  'hash-mismatch',
  'tensor-missing',
  'tensor-mismatch',
  'config-invalid',
  'quantization-unknown',
  'architecture-unknown',
  'tokenizer-invalid',
  'format-invalid',
  'pickle-refused',
  'delta-mismatch',
  'base-mismatch',
  'lora-mismatch',
  'source-refused',
  'source-limited',
  'source-changed',
  'conversion-running',
  'download-failed',
  'storage-full',
  'storage-failed',
  'model-library-unavailable',
  // requests
  'message-empty',
  'message-too-long',
  'parameter-out-of-range',
  'request-unsupported',
  'busy',
  'not-loaded',
  'aborted',
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Plain data only: it crosses worker boundaries and fills the placeholders of the translated sentence. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

const PREFIX = 'AppError: ';

/** Most characters of one detail: names come out of files, which may hold anything. */
const LONGEST_DETAIL = 1000;

function clipped(details: ErrorDetails): ErrorDetails {
  const entries = Object.entries(details).map(([key, value]) => {
    const isLong = typeof value === 'string' && value.length > LONGEST_DETAIL;
    return [key, isLong ? `${value.slice(0, LONGEST_DETAIL)}…` : value];
  });
  return Object.fromEntries(entries);
}

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    const shown = clipped(details);
    super(`${code} ${JSON.stringify(shown)}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = shown;
  }

  /** The wire form: web-llm's worker protocol keeps nothing of an error but this text. */
  override toString(): string {
    return PREFIX + JSON.stringify({ code: this.code, details: this.details });
  }

  /** Turns anything caught, including the text form, back into an AppError; unknown errors become `internal`. */
  static from(error: unknown): AppError {
    if (error instanceof AppError) return error;
    const text = error instanceof Error ? error.message : String(error);
    const at = text.indexOf(PREFIX);
    if (at >= 0) {
      try {
        const { code, details } = JSON.parse(text.slice(at + PREFIX.length)) as {
          code: ErrorCode;
          details: ErrorDetails;
        };
        if (ERROR_CODES.includes(code)) return new AppError(code, details, error);
      } catch {
        // Not our text after all: it falls through to `internal`, which keeps the whole text.
      }
    }
    return new AppError('internal', { message: text.slice(0, 2000) }, error);
  }
}
