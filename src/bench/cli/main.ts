/** `npm run bench`. Tables go to standard output, progress and errors to standard error. Exit codes as of the command line. */
import { readFile, writeFile } from 'node:fs/promises';
import { UsageError } from '../../cli/args';
import { errorText } from '../../cli/error-text';
import { AppError } from '../../core/errors';
import { compareResults } from '../compare';
import { asMarkdown, asText } from '../print-tables';
import { parseBenchResult } from '../schema';
import { type Report, report } from '../tables';
import { HELP } from './help';
import { readOrder } from './options';

export async function main(args: readonly string[]): Promise<number> {
  try {
    if (args.includes('--help') || args.includes('-h') || args[0] === 'help') console.log(HELP);
    else if (args[0] === 'compare') await compare(args.slice(1));
    else await measure(args);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\nSee: npm run bench -- --help`);
      return 2;
    }
    console.error(errorText(error));
    if (AppError.from(error).code === 'internal' && error instanceof Error) console.error(error.stack);
    return 1;
  }
}

async function measure(args: readonly string[]): Promise<void> {
  const order = readOrder(args);
  // Only now: help, comparison and wrong options need no GPU.
  const { benchHere, benchTwo } = await import('./node-bench');
  if (order.against !== undefined) {
    print(await benchTwo(order.against, order.config), order.isMarkdown);
    return;
  }
  const result = await benchHere(order.config);
  if (order.json !== undefined) await write(order.json, `${JSON.stringify(result, null, 2)}\n`);
  print(report(result), order.isMarkdown);
}

async function compare(args: readonly string[]): Promise<void> {
  const files = args.filter((arg) => arg !== '--markdown');
  const [first, second] = files;
  if (
    first === undefined ||
    second === undefined ||
    files.length > 2 ||
    files.some((name) => name.startsWith('-'))
  ) {
    throw new UsageError('compare takes two result files.');
  }
  const results = [await read(first), await read(second)] as const;
  print(compareResults(...results), files.length < args.length);
}

function print(shown: Report, isMarkdown: boolean): void {
  console.log(isMarkdown ? asMarkdown(shown) : asText(shown));
}

/** Throws AppError `file-missing`, `storage-failed`, `format-invalid`. */
async function read(file: string) {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new AppError('file-missing', { file }, error);
    throw new AppError('storage-failed', { reason: (error as Error).message }, error);
  }
  return parseBenchResult(text, file);
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new AppError('storage-failed', { reason: (error as Error).message }, error);
  }
}
