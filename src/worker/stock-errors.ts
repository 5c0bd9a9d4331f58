/**
 * Errors of web-llm's own engine, which cross the worker as `String(error)` of classes it does not export
 * (names minified, only the sentence is stable), turned into AppErrors. Failed fetches never get here as
 * text: the stock worker marks them itself, with their address (src/worker/watch-fetch.ts).
 */
import { AppError, type ErrorCode } from '../core/errors';

const PATTERNS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/quota/i, 'storage-full'],
  [/WebGPU is not (supported|available)|WebGPU not (found|available)|Cannot find WebGPU/i, 'no-webgpu'],
  [/find adapter|unable to find a compatible GPU|Cannot initialize runtime because of/i, 'limits-too-small'],
  [/device was lost|device lost|DeviceLost/i, 'device-lost'],
  [/LinkError|WebAssembly/i, 'model-library-unavailable'],
  [/is not loaded|not loaded before|no model is loaded/i, 'not-loaded'],
  [/Cannot find model record|not in appConfig|specified model.*not found/i, 'model-unknown'],
  [/exceeds? (the )?context window|prompt tokens exceed/i, 'message-too-long'],
  [/out of memory|OOM/i, 'out-of-gpu-memory'],
  [/Failed to fetch|NetworkError|network error|Cannot fetch/i, 'download-failed'],
];

export function stockError(error: unknown): AppError {
  const known = AppError.from(error);
  if (known.code !== 'internal') return known;
  const text = String(known.details.message ?? '');
  const code = PATTERNS.find(([pattern]) => pattern.test(text))?.[1];
  return code ? new AppError(code, { message: text.slice(0, 500) }, error) : known;
}
