/** The last benchmark of this machine, as the text of its file: whoever reads it checks it (src/bench/schema.ts). */
import { get, set } from 'idb-keyval';
import { guarded, settingsDatabase } from './database';

const KEY = 'bench-result';

export async function readBenchResult(): Promise<string | undefined> {
  const stored = await guarded(() => get<unknown>(KEY, settingsDatabase()));
  return typeof stored === 'string' ? stored : undefined;
}

export async function writeBenchResult(text: string): Promise<void> {
  await guarded(() => set(KEY, text, settingsDatabase()));
}
