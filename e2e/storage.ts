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

/** A record of the weights, read past the app. */
function weightRecord<T>(page: Page, key: string): Promise<T | undefined> {
  return page.evaluate(async (name) => {
    const open = indexedDB.open('aerie-weights');
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      open.onsuccess = () => resolve(open.result);
      open.onerror = () => reject(open.error);
    });
    try {
      const request = database.transaction('files').objectStore('files').get(name);
      await new Promise((resolve) => {
        request.onsuccess = resolve;
      });
      return request.result;
    } finally {
      database.close();
    }
  }, key);
}

interface StoredModel {
  readonly generation: string;
  readonly files: readonly { readonly name: string; readonly state: string }[];
}

/** What is known of a conversion that is not finished. */
export function storedConversion(page: Page, id: string): Promise<StoredModel | undefined> {
  return weightRecord<StoredModel>(page, `convert/${encodeURIComponent(id)}`);
}

/** SHA-256 by file name of a model that is stored; undefined while it is not whole. */
export async function storedHashes(page: Page, id: string): Promise<Record<string, string> | undefined> {
  const model = await weightRecord<StoredModel>(page, `state/${encodeURIComponent(id)}`);
  if (!model) return undefined;
  const hashes: Record<string, string> = {};
  for (const { name } of model.files)
    hashes[name] = await hashOfFile(page, `file/${encodeURIComponent(id)}/${model.generation}/${name}`);
  return hashes;
}

/** Hashed where it lies. */
function hashOfFile(page: Page, key: string): Promise<string> {
  return page.evaluate(async (name) => {
    const open = indexedDB.open('aerie-weights');
    const database = await new Promise<IDBDatabase>((resolve) => {
      open.onsuccess = () => resolve(open.result);
    });
    try {
      const request = database.transaction('files').objectStore('files').get(name);
      await new Promise((resolve) => {
        request.onsuccess = resolve;
      });
      const digest = await crypto.subtle.digest('SHA-256', await (request.result as Blob).arrayBuffer());
      return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    } finally {
      database.close();
    }
  }, key);
}
