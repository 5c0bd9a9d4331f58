// Runs src/bench/cli/main.ts through Vite's module runner, so that the benchmark measures the very modules of the page.
import { createServer, createServerModuleRunner } from 'vite';

const root = new URL('../..', import.meta.url).pathname;
// Nothing listens and nothing is watched.
const server = await createServer({
  root,
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true, include: [] },
});
const runner = createServerModuleRunner(server.environments.ssr);
const { main } = await runner.import('/src/bench/cli/main.ts');
const status = await main(process.argv.slice(2));
// What is still on its way into a pipe would be cut off by the exit.
await new Promise((done) => process.stdout.write('', done));
process.exit(status);
