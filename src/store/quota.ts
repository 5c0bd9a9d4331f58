/** How much the browser lets us keep, and asking it not to throw it away. */
import { AppError } from '../core/errors';

/** Left free for chats, settings and the database's own needs. */
const MARGIN_BYTES = 64 << 20;

export interface Space {
  readonly usedBytes: number;
  readonly quotaBytes: number;
}

/** Undefined where the browser does not tell. */
export async function readSpace(): Promise<Space | undefined> {
  const estimate = await globalThis.navigator?.storage?.estimate?.();
  if (estimate?.quota === undefined) return undefined;
  return { usedBytes: estimate.usage ?? 0, quotaBytes: estimate.quota };
}

/** @throws AppError `storage-full` {neededBytes, freeBytes}. */
export async function requireSpace(neededBytes: number): Promise<void> {
  const space = await readSpace();
  if (!space) return;
  const freeBytes = Math.max(0, space.quotaBytes - space.usedBytes - MARGIN_BYTES);
  if (neededBytes > freeBytes) throw new AppError('storage-full', { neededBytes, freeBytes });
}

/** The database's own refusal comes without figures. */
export async function withSizes(error: AppError, neededBytes: number): Promise<AppError> {
  if (error.code !== 'storage-full' || error.details.neededBytes !== undefined) return error;
  const space = await readSpace();
  const freeBytes = space ? Math.max(0, space.quotaBytes - space.usedBytes) : 0;
  return new AppError('storage-full', { neededBytes, freeBytes }, error);
}

/** True when the browser promises to keep what is stored until the user clears it. */
export async function requestPersistence(): Promise<boolean> {
  const storage = globalThis.navigator?.storage;
  if (!storage?.persist) return false;
  return (await storage.persisted()) || (await storage.persist());
}
