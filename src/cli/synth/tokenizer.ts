/** The tokenizer files of a random checkpoint: a given tokenizer's, or a vocabulary of the 256 bytes. */
import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../core/errors';
import { jsonBytes } from '../../formats/json';
import { BYTE_CHARS } from '../../tokenizer/byte-alphabet';
import { TOKENIZER_FILES } from '../../tokenizer/create-tokenizer';

/** Puts a tokenizer into the folder. Throws `file-missing` when `from` holds none. */
export async function writeTokenizer(folder: string, from: string | undefined): Promise<void> {
  if (from === undefined) return writeByteTokenizer(folder);
  const present = new Set(await readdir(from).catch(() => []));
  const names = TOKENIZER_FILES.filter((name) => present.has(name));
  if (names.length === 0) throw new AppError('file-missing', { file: join(from, 'tokenizer.json') });
  for (const name of names) await copyFile(join(from, name), join(folder, name));
}

/** Byte-level BPE without merges, ids 0 to 255, and an end token. */
async function writeByteTokenizer(folder: string): Promise<void> {
  const vocab = Object.fromEntries([...BYTE_CHARS, '</s>'].map((symbol, id) => [symbol, id]));
  await writeFile(join(folder, 'vocab.json'), jsonBytes(vocab));
  await writeFile(join(folder, 'merges.txt'), '#version: 0.2\n');
  await writeFile(join(folder, 'special_tokens_map.json'), jsonBytes({ eos_token: '</s>' }));
}
