/** What the browser keeps for the page, read past the app: IndexedDB and the service worker's caches. */
import type { Page } from '@playwright/test';

/** Keys of every weight record, sorted: `state/…` and `install/…` for models, `file/…` for their files. */
export function weightKeys(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const open = indexedDB.open('aerie-weights');
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      open.onsuccess = () => resolve(open.result);
      open.onerror = () => reject(open.error);
    });
    try {
      const request = database.transaction('files').objectStore('files').getAllKeys();
      await new Promise((resolve) => {
        request.onsuccess = resolve;
      });
      return request.result.map(String).sort();
    } finally {
      database.close();
    }
  });
}

/** Addresses of everything in the caches. */
export function cachedAddresses(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const caught = await Promise.all(
      (await caches.keys()).map(async (name) => (await caches.open(name)).keys()),
    );
    return caught.flat().map(({ url }) => url);
  });
}

interface StoredMessage {
  readonly role: string;
  readonly content: string;
  readonly status: string;
  readonly createdAt: number;
  readonly stats?: { readonly promptTokens: number; readonly answerTokens: number };
}

/** Answers of the conversation that is open, oldest first. */
export function storedAnswers(page: Page): Promise<StoredMessage[]> {
  return page.evaluate(async () => {
    const open = indexedDB.open('aerie-chats');
    const database = await new Promise<IDBDatabase>((resolve) => {
      open.onsuccess = () => resolve(open.result);
    });
    try {
      const id = decodeURIComponent(location.hash.split('/').at(-1) ?? '');
      const request = database.transaction('records').objectStore('records').get(`chat:${id}`);
      await new Promise((resolve) => {
        request.onsuccess = resolve;
      });
      const messages = Object.values(request.result.messages) as StoredMessage[];
      return messages.filter(({ role }) => role === 'assistant').sort((a, b) => a.createdAt - b.createdAt);
    } finally {
      database.close();
    }
  });
}
