/**
 * `npm run --silent aerie -- COMMAND …`. Results go to standard output and nothing else does; progress and
 * errors go to standard error. Exit codes: 0 done, 1 failed, 2 called wrongly.
 */
import { AppError } from '../core/errors';
import { UsageError } from './args';
import { COMMANDS } from './commands';
import { errorText } from './error-text';

const PROGRAM = 'npm run --silent aerie --';

export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    return help(rest[0]);
  }
  const command = commandOf(name);
  if (command === undefined) {
    console.error(`There is no command ${name}. See: ${PROGRAM} help`);
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) return help(name);
  try {
    const run = await command.load();
    return await run(rest);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\nUsage: ${PROGRAM} ${name} ${command.usage}`);
      return 2;
    }
    console.error(errorText(error));
    // A fault of the program itself: whoever looks into it needs the place.
    if (AppError.from(error).code === 'internal' && error instanceof Error) console.error(error.stack);
    return 1;
  }
}

function commandOf(name: string) {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}

function help(name: string | undefined): number {
  const command = name === undefined ? undefined : commandOf(name);
  if (command) {
    console.log(`${PROGRAM} ${name} ${command.usage}\n${command.summary}\n\n${command.help}`);
    return 0;
  }
  const lines = Object.entries(COMMANDS).map(([key, { summary }]) => `  ${key.padEnd(10)}${summary}`);
  console.log(`${PROGRAM} COMMAND …\n\n${lines.join('\n')}\n\nMore: ${PROGRAM} help COMMAND`);
  return 0;
}
