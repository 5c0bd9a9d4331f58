/**
 * What the engine found out about kernels on this machine, by its own keys. Of no use elsewhere and found out again
 * when lost, so a store that fails is like an empty one.
 */
import { get, set } from 'idb-keyval';
import { guarded, tuningDatabase } from './database';

/** @throws AppError `storage-failed`. */
export function readTuning(key: string): Promise<unknown> {
  return guarded(() => get<unknown>(key, tuningDatabase()));
}

/** @throws AppError `storage-full`, `storage-failed`. */
export function writeTuning(key: string, record: unknown): Promise<void> {
  return guarded(() => set(key, record, tuningDatabase()));
}
