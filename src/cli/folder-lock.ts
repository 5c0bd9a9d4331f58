/**
 * One process at a time works in a folder: a file names the process that does. Node has no lock that the
 * system would take back by itself, so a lock counts as free when its process is gone; a process that got the
 * same number later is told apart by its start, where the system tells it (Linux).
 */
import { constants } from 'node:fs';
import { copyFile, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../core/errors';

const LOCK = 'lock';
/** Held for the moment in which a lock of a dead process is replaced, so that only one process does it. */
const TAKEOVER = 'lock.takeover';

export interface FolderLock {
  release(): Promise<void>;
}

/** Throws AppError `conversion-running` where a living process holds the lock. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, LOCK);
  // Linked into place with its content, so that nobody ever reads an empty lock.
  const mine = join(folder, `${LOCK}.${process.pid}.${crypto.randomUUID()}`);
  const text = `${process.pid} ${await startOf(process.pid)}\n`;
  await writeFile(mine, text);
  try {
    if (!(await linked(mine, path))) await takeOver(folder, path, mine);
  } finally {
    await rm(mine, { force: true });
  }
  return { release: () => rm(path, { force: true }) };
}

async function takeOver(folder: string, path: string, mine: string): Promise<void> {
  if (await isHeld(path)) throw new AppError('conversion-running', { folder });
  const takeover = join(folder, TAKEOVER);
  // A process may have died in that moment as well.
  if (!(await isHeld(takeover))) await rm(takeover, { force: true });
  if (!(await linked(mine, takeover))) throw new AppError('conversion-running', { folder });
  try {
    // Another process may have replaced it since it was looked at.
    if (await isHeld(path)) throw new AppError('conversion-running', { folder });
    await rm(path, { force: true });
    if (!(await linked(mine, path))) throw new AppError('conversion-running', { folder });
  } finally {
    await rm(takeover, { force: true });
  }
}

/** False where `to` is there already. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    // Not every file system has links (exFAT); a copy that refuses to replace is as good but for its moment empty.
    await link(from, to).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error;
      return copyFile(from, to, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw new AppError('storage-failed', { reason: message }, error);
  }
}

/** Whether the process that a lock names is still there. */
async function isHeld(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const [pid, start] = text.trim().split(' ');
  const id = Number(pid);
  if (!Number.isSafeInteger(id) || id <= 0) return false;
  try {
    process.kill(id, 0);
  } catch (error) {
    // A process of someone else answers EPERM: it lives.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = await startOf(id);
  return now === '' || start === undefined || start === now;
}

/** When a process started, in the system's own count; empty where it is not told. */
async function startOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Field 22; the second one, the program's name in parentheses, may hold spaces.
  return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
