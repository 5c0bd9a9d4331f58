/** The files of a tokenizer, by name, from memory or from a stored package. */
import { AppError } from '../core/errors';

/** What a stored model offers (`PackageFiles`), as far as a tokenizer needs it. */
export interface FileSource {
  list(): Promise<readonly { readonly name: string }[]>;
  read(name: string): Promise<Uint8Array>;
}

export type TokenizerFiles = Readonly<Record<string, Uint8Array>> | FileSource;

export interface OpenFiles {
  has(name: string): boolean;
  /** Throws AppError `file-missing`. */
  read(name: string): Promise<Uint8Array>;
  /** Parsed JSON, undefined where the file is absent. Throws `tokenizer-invalid` for broken JSON. */
  readJson(name: string): Promise<unknown>;
}

function isFileSource(files: TokenizerFiles): files is FileSource {
  return typeof files.list === 'function';
}

export async function openFiles(files: TokenizerFiles): Promise<OpenFiles> {
  const names = new Set(
    isFileSource(files) ? (await files.list()).map((file) => file.name) : Object.keys(files),
  );
  async function read(name: string): Promise<Uint8Array> {
    const bytes = isFileSource(files) ? await files.read(name) : files[name];
    if (bytes === undefined) throw new AppError('file-missing', { file: name });
    return bytes;
  }
  return {
    has: (name) => names.has(name),
    read,
    async readJson(name) {
      return names.has(name) ? parseJson(await read(name), name) : undefined;
    },
  };
}

function parseJson(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new AppError('tokenizer-invalid', { file, reason: 'not-json' }, error);
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Entry to id from a JSON object. Throws `tokenizer-invalid` when it is not one of numbers. */
export function readVocabulary(json: unknown, file: string): Map<string, number> {
  if (!isRecord(json)) throw new AppError('tokenizer-invalid', { file, reason: 'vocabulary' });
  const vocab = new Map<string, number>();
  // Half the time of Object.entries at a hundred thousand entries.
  for (const entry in json) {
    const id = json[entry];
    if (typeof id !== 'number')
      throw new AppError('tokenizer-invalid', { file, reason: 'vocabulary', entry });
    vocab.set(entry, id);
  }
  return vocab;
}

/** `left right`, from that text or from a pair. */
export function readMerge(merge: unknown, file: string): string {
  if (typeof merge === 'string') return merge;
  if (Array.isArray(merge) && merge.length === 2) return merge.join(' ');
  throw new AppError('tokenizer-invalid', { file, reason: 'merge', merge: String(merge) });
}
