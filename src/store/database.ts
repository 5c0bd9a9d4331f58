/**
 * The page's own records in IndexedDB: a database each for conversations, settings and tuning. (idb-keyval keeps
 * one object store per database.) Weights have a database of their own, see weights.ts.
 */
import { createStore, promisifyRequest, type UseStore } from 'idb-keyval';
import { AppError } from '../core/errors';

const stores = new Map<string, UseStore>();

function open(name: string): UseStore {
  let store = stores.get(name);
  if (!store) {
    store = createStore(name, 'records');
    stores.set(name, store);
  }
  return store;
}

export const chatDatabase = (): UseStore => open('aerie-chats');
export const settingsDatabase = (): UseStore => open('aerie-settings');
export const tuningDatabase = (): UseStore => open('aerie-tuning');

/** @throws AppError `storage-full` or `storage-failed` for whatever the database threw. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) throw error;
    const name = error instanceof DOMException ? error.name : '';
    if (name === 'QuotaExceededError') throw new AppError('storage-full', {}, error);
    throw new AppError(
      'storage-failed',
      { reason: error instanceof Error ? error.message : String(error) },
      error,
    );
  }
}

/**
 * Runs `work` in one read-write transaction and resolves when it is stored; a failure inside undoes all of
 * it. `work` may await nothing but requests of the store it is given.
 * @throws AppError as `guarded`.
 */
export async function inTransaction<T>(
  database: UseStore,
  work: (store: IDBObjectStore) => Promise<T> | T,
): Promise<T> {
  return guarded(() =>
    database('readwrite', async (store) => {
      const { transaction } = store;
      const finished = promisifyRequest(transaction);
      try {
        const result = await work(store);
        await finished;
        return result;
      } catch (error) {
        finished.catch(() => {
          // It is the error below that is told.
        });
        try {
          transaction.abort();
        } catch {
          // Aborted already by the failure itself.
        }
        throw error;
      }
    }),
  );
}
