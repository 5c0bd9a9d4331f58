/**
 * What web-llm's own engine has stored in IndexedDB, by address (its `ArtifactIndexedDBCache`: a database
 * per kind, object store `urls`). Deleted here, so that the page needs nothing of that engine.
 */
import { promisifyRequest } from 'idb-keyval';
import { guarded } from './database';

const DATABASES = ['webllm/model', 'webllm/config', 'webllm/wasm'];
const STORE = 'urls';

/** Removes everything whose address starts with one of these. */
export async function removeStockFiles(prefixes: readonly string[]): Promise<void> {
  await guarded(async () => {
    // Opening a database that is not there would make an empty one, which web-llm then could not use.
    const present = (await indexedDB.databases()).map(({ name }) => name);
    for (const name of DATABASES) if (present.includes(name)) await removeFrom(name, prefixes);
  });
}

async function removeFrom(name: string, prefixes: readonly string[]): Promise<void> {
  const database = await promisifyRequest(indexedDB.open(name));
  try {
    if (!database.objectStoreNames.contains(STORE)) return;
    const transaction = database.transaction(STORE, 'readwrite');
    const store = transaction.objectStore(STORE);
    for (const key of await promisifyRequest(store.getAllKeys()))
      if (prefixes.some((prefix) => String(key).startsWith(prefix))) store.delete(key);
    await promisifyRequest(transaction);
  } finally {
    database.close();
  }
}

/** Everything web-llm's engine has stored. */
export async function removeAllStockFiles(): Promise<void> {
  await removeStockFiles(['']);
}
