/** Arguments of a subcommand: `node:util` parseArgs with errors that the dispatcher prints as usage errors. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The command was called wrongly: exit code 2, with a pointer to the help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** Values of `--name` options. Throws UsageError for anything not declared and for stray words. */
export function parseOptions<const T extends Options>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The value of an option that must be there. Throws UsageError. */
export function required(value: string | undefined, option: string): string {
  if (value === undefined || value === '') throw new UsageError(`Option ${option} is required.`);
  return value;
}
