// Runs run-peers.ts through Vite's module runner, as src/cli/aerie.mjs does with the command line.
import { createServer, createServerModuleRunner } from 'vite';

const server = await createServer({
  root: new URL('../../..', import.meta.url).pathname,
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true, include: [] },
});
const { main } = await createServerModuleRunner(server.environments.ssr).import(
  '/src/bench/peers/run-peers.ts',
);
process.exit(await main(process.argv.slice(2)));
