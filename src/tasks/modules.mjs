import { createServer, createServerModuleRunner } from 'vite';

/**
 * The modules of a checkout of Aerie in this process, through Vite's module runner: the very modules of the page.
 * Nothing listens and nothing is watched. (`runnerImport` would do with less, but it closes before a module can
 * import another later on.)
 */
export async function openModules(root) {
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true, include: [] },
  });
  const runner = createServerModuleRunner(server.environments.ssr);
  return { load: (file) => runner.import(file), close: () => server.close() };
}

/** Runs `main` of a module (`/src/...`) with the arguments of this process and ends it with what that returns. */
export async function runMain(file) {
  const { load } = await openModules(new URL('../..', import.meta.url).pathname);
  const { main } = await load(file);
  const status = await main(process.argv.slice(2));
  // What is still on its way into a pipe would be cut off by the exit.
  await new Promise((done) => process.stdout.write('', done));
  process.exit(status);
}
