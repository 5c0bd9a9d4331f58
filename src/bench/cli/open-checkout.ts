/** Another checkout of Aerie in this process: its modules go through a Vite server of their own. */
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError } from '../../core/errors';
import { openModules } from '../../tasks/modules.mjs';
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
  const { load, close } = await openModules(root);
  const { createRunner } = (await load(`/${RUNNER}`)) as { createRunner: CreateRunner };
  return { createRunner, close };
}
