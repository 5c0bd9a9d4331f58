/** Numbers as people read them in tables: three digits that count, and a unit. */

/** `0.123`, `1.23`, `12.3`, `123`, `12300`. */
export function digits(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return value.toFixed(value >= 10 ? 1 : value >= 1 ? 2 : 3);
}

export const gigabytesPerSecond = (bytesPerSecond: number): string => `${digits(bytesPerSecond / 1e9)} GB/s`;

export function milliseconds(ms: number): string {
  if (ms >= 10_000) return `${digits(ms / 1000)} s`;
  return ms < 0.1 ? `${digits(ms * 1000)} us` : `${digits(ms)} ms`;
}

export const bytes = (count: number): string =>
  count >= 1e9 ? `${digits(count / 1e9)} GB` : `${digits(count / 1e6)} MB`;

export const percent = (share: number | undefined): string =>
  share === undefined ? '' : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

/** `128`, `1k`, `16k`. */
export const tokenCount = (tokens: number): string =>
  tokens >= 1024 && tokens % 1024 === 0 ? `${tokens / 1024}k` : String(tokens);
