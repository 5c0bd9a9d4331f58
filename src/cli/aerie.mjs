// Runs src/cli/main.ts through Vite's module runner, so that the command line executes the very modules of the page.
import { runnerImport } from 'vite';

const root = new URL('../..', import.meta.url).pathname;
const { module } = await runnerImport(new URL('./main.ts', import.meta.url).pathname, {
  root,
  configFile: false,
  logLevel: 'error',
});
process.exit(await module.main(process.argv.slice(2)));
