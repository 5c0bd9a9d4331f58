import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { AppError } from '../core/errors';
import { parseJson } from '../formats/json';
import { createTokenizer } from '../tokenizer/create-tokenizer';
import { parseOptions, required } from './args';
import { folderFiles } from './folder-files';

const Texts = v.array(v.string());

/** Texts to token ids; nothing is put before or after them. */
export async function tokenize(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {
    tokenizer: { type: 'string' },
    file: { type: 'string' },
    plain: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  });
  const folder = required(options.tokenizer, '--tokenizer');
  const file = required(options.file, '--file');
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new AppError('file-missing', { file }, error);
  });
  const texts = v.safeParse(Texts, parseJson(bytes, file));
  if (!texts.success) throw new AppError('format-invalid', { file, reason: 'not an array of texts' });
  const tokenizer = await createTokenizer(folderFiles(folder));
  try {
    const ids = texts.output.map((text) => tokenizer.encode(text, { specials: !options.plain }));
    console.log(options.json ? JSON.stringify(ids) : ids.map((list) => list.join(' ')).join('\n'));
  } finally {
    tokenizer.dispose();
  }
  return 0;
}
