/**
 * Errors of web-llm's own engine, which cross the worker as `String(error)` of classes it does not export
 * (names minified, only the sentence is stable), turned into AppErrors. Its IndexedDB cache puts the address
 * of a failed fetch into the sentence, from which `url` and `host` are taken.
 */
import { AppError, type ErrorCode, type ErrorDetails } from '../core/errors';
import type { EngineRecord } from './records';

/** First match wins. */
const PATTERNS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/quota/i, 'storage-full'],
  [/Failed to store|failed to fetch|NetworkError|network error|Cannot fetch/i, 'download-failed'],
  [/LinkError|CompileError|WebAssembly/, 'model-library-unavailable'],
  [/WebGPU is not supported|Cannot find WebGPU/, 'no-webgpu'],
  [
    /Cannot find adapter|requires WebGPU extension|requires feature|Cannot initialize runtime/,
    'limits-too-small',
  ],
  [/device was lost/i, 'device-lost'],
  [/not loaded before|is not loaded with a model/, 'not-loaded'],
  [/Cannot find model record/, 'model-unknown'],
  [/Prompt tokens exceed context window/, 'message-too-long'],
];

/** Turns anything the stock worker threw into an AppError; sentences it does not know become `internal`. */
export function stockError(error: unknown): AppError {
  const plain = AppError.from(error);
  if (plain.code !== 'internal') return plain;
  const message = String(plain.details.message ?? '');
  const code = PATTERNS.find(([pattern]) => pattern.test(message))?.[1];
  if (!code) return plain;
  const details: ErrorDetails = { message: message.slice(0, 500), ...addressIn(message) };
  if (code === 'download-failed' && /\.wasm$/.test(String(details.url)))
    return new AppError('model-library-unavailable', { ...details, reason: String(details.host) }, error);
  return new AppError(code, details, error);
}

/**
 * What a load failed on, with an address in any case: a library on the same server or on localhost is fetched
 * past the cache, and its failure names none.
 */
export function stockLoadError(error: AppError, record: EngineRecord): AppError {
  const { code, details } = error;
  if (details.url || (code !== 'download-failed' && code !== 'model-library-unavailable')) return error;
  const address = addressIn(record.model_lib);
  const reason = address.host ?? record.model_lib;
  return new AppError('model-library-unavailable', { ...details, ...address, reason }, error);
}

function addressIn(message: string): { readonly url?: string; readonly host?: string } {
  const url = /https?:\/\/[^\s"'<>]+/.exec(message)?.[0];
  return url ? { url, host: new URL(url).host } : {};
}
