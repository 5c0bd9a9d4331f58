/** Golden data kept beside the checkout (real vocabularies, tiny checkpoints); tests skip loudly without it. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Absolute path of a folder or file in the shared data, or undefined where this machine has none. */
export function sharedPath(...parts: string[]): string | undefined {
  const path = resolve(process.env.AERIE_SHARED ?? resolve(import.meta.dirname, '../../../shared'), ...parts);
  return existsSync(path) ? path : undefined;
}
