import { AppError } from '../core/errors';
import type { PackageFiles } from '../formats/package-files';
import type { Architecture } from '../models/architecture';
import { createTokenizer, missingTokenizerJson, TOKENIZER_FILES } from '../tokenizer/create-tokenizer';

export interface ReadTokenizer {
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Special tokens, by text. */
  readonly specials: ReadonlyMap<string, number>;
}

/**
 * The tokenizer's files, with a tokenizer.json where there was only a vocabulary with merges. Reading them
 * proves that they are one and fit the model. Throws AppError `file-missing`, `tokenizer-invalid`.
 */
export async function readTokenizer(
  folder: PackageFiles,
  architecture: Architecture,
): Promise<ReadTokenizer> {
  const present = new Set((await folder.list()).map(({ name }) => name));
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of TOKENIZER_FILES) {
    if (present.has(name)) files.set(name, await folder.read(name));
  }
  // web-llm reads nothing but tokenizer.json and tokenizer.model.
  const json = await missingTokenizerJson(Object.fromEntries(files));
  if (json !== undefined) files.set('tokenizer.json', new TextEncoder().encode(JSON.stringify(json)));
  // Of the files as they will be stored, the written one included.
  const tokenizer = await createTokenizer(Object.fromEntries(files));
  const { vocabSize, specials } = tokenizer;
  tokenizer.dispose();
  if (vocabSize > architecture.vocab) {
    const reason = `it has ${vocabSize} tokens, the model ${architecture.vocab}`;
    throw new AppError('tokenizer-invalid', { reason });
  }
  return { files, specials };
}
