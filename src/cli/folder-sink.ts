import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { PackageSink } from '../convert/shard-writer';
import { AppError } from '../core/errors';

export interface FolderSink extends PackageSink {
  /** Puts the finished folder in its place. */
  commit(): Promise<void>;
  /** Removes everything written. */
  discard(): Promise<void>;
}

/** True where something is that a conversion would overwrite. */
export async function isOccupied(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    // A file of that name counts as something to lose.
    if (error.code === 'ENOTDIR') return ['file'];
    throw error;
  });
  return names.length > 0;
}

/**
 * Writes into a temporary folder beside the target and renames it at the end, so that a conversion that
 * fails or is killed never leaves half a package under the target's name.
 */
export async function folderSink(target: string): Promise<FolderSink> {
  const path = resolve(target);
  await mkdir(dirname(path), { recursive: true });
  const temporary = await mkdtemp(join(dirname(path), `.${basename(path)}.`));
  return {
    async write(name, bytes) {
      await writeFile(join(temporary, name), bytes).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOSPC') throw new AppError('storage-full', { neededBytes: bytes.length }, error);
        throw new AppError('storage-failed', { reason: error.message }, error);
      });
    },
    async commit() {
      // mkdtemp makes it private; a package is as readable as the user's other files.
      await chmod(temporary, 0o777 & ~process.umask());
      // What stood there goes only once the new folder is in its place.
      const old = `${temporary}.old`;
      const stood = await rename(path, old).then(
        () => true,
        () => false,
      );
      await rename(temporary, path);
      if (stood) await rm(old, { recursive: true, force: true });
    },
    async discard() {
      await rm(temporary, { recursive: true, force: true });
    },
  };
}
