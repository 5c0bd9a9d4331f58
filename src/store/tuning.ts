/**
 * What the engine found out about kernels on this machine, by its own keys. Of no use elsewhere and found out again
 * when lost, so a store that fails is like an empty one.
 */
import { clear, get, keys, set } from 'idb-keyval';
import { guarded, tuningDatabase } from './database';

/** Keys change with every version of the browser and of the shaders; so many are more than one of each needs. */
const MOST_RECORDS = 64;

/** @throws AppError `storage-failed`. */
export function readTuning(key: string): Promise<unknown> {
  return guarded(() => get<unknown>(key, tuningDatabase()));
}

/** Forgets all others where there are too many. @throws AppError `storage-full`, `storage-failed`. */
export function writeTuning(key: string, record: unknown): Promise<void> {
  return guarded(async () => {
    const known = await keys(tuningDatabase());
    if (known.length >= MOST_RECORDS && !known.includes(key)) await clear(tuningDatabase());
    await set(key, record, tuningDatabase());
  });
}

/** @throws AppError `storage-failed`. */
export function clearTuning(): Promise<void> {
  return guarded(() => clear(tuningDatabase()));
}
