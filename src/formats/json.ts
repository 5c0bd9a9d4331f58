import { AppError } from '../core/errors';
import type { PackageFiles } from './package-files';

/** Parses UTF-8 JSON. Throws AppError `format-invalid` with the file's name and the parser's reason. */
export function parseJson(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new AppError('format-invalid', { file, reason: `not JSON: ${(error as Error).message}` }, error);
  }
}

/** A tokenizer's, the largest there is, has 20 MB. */
const MAX_JSON_BYTES = 64 << 20;

/** Reads and parses one JSON file. Throws `file-missing` or `format-invalid`. */
export async function readJson(files: PackageFiles, file: string): Promise<unknown> {
  const sizeBytes = (await files.list()).find(({ name }) => name === file)?.sizeBytes ?? 0;
  if (sizeBytes > MAX_JSON_BYTES) {
    throw new AppError('format-invalid', { file, reason: `${sizeBytes} bytes are too many for JSON` });
  }
  return parseJson(await files.read(file), file);
}

/** Bytes of a value as indented JSON with a final newline, the form in which packages are written. */
export function jsonBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
