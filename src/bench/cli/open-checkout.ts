/** Another checkout of Aerie in this process: its modules go through a Vite server of their own. */
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createServer, createServerModuleRunner } from 'vite';
import { AppError } from '../../core/errors';
import type { CreateRunner } from '../against';

const RUNNER = 'src/engine/runner.ts';

/** Throws AppError `file-missing` {file} for a folder that holds no Aerie; `close` ends the server. */
export async function openCheckout(
  folder: string,
): Promise<{ createRunner: CreateRunner; close: () => Promise<void> }> {
  const root = resolve(folder);
  const file = join(root, RUNNER);
  await access(file).catch((error: unknown) => {
    throw new AppError('file-missing', { file }, error);
  });
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true, include: [] },
  });
  const runner = createServerModuleRunner(server.environments.ssr);
  const { createRunner } = (await runner.import(`/${RUNNER}`)) as { createRunner: CreateRunner };
  return { createRunner, close: () => server.close() };
}
