import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { AppError } from '../core/errors';
import { isSafeFileName } from '../formats/mlc-manifest';
import type { CheckpointFiles } from '../formats/package-files';

/**
 * The files directly inside a folder; links are followed (Hugging Face's cache is made of them). Every
 * read opens and closes the file, so nothing stays open. Throws `file-missing` when the folder is absent.
 */
export function folderFiles(folder: string): CheckpointFiles {
  let identity: string | undefined;
  const readRange: CheckpointFiles['readRange'] = async (name, start, end) => {
    if (!isSafeFileName(name)) throw new AppError('file-missing', { file: name });
    const handle = await open(join(folder, name)).catch((error: unknown) => {
      throw notReadable(error, join(folder, name));
    });
    try {
      const bytes = new Uint8Array(end - start);
      let done = 0;
      while (done < bytes.length) {
        // One read call returns at most 2 GiB.
        const length = Math.min(bytes.length - done, 1 << 30);
        const { bytesRead } = await handle.read(bytes, done, length, start + done);
        if (bytesRead === 0) {
          const actualBytes = (await handle.stat()).size;
          throw new AppError('file-truncated', { file: name, expectedBytes: end, actualBytes });
        }
        done += bytesRead;
      }
      return bytes;
    } finally {
      await handle.close();
    }
  };
  return {
    origin: basename(resolve(folder)),
    revision: '',
    get identity() {
      identity ??= digestFolder(folder);
      return identity;
    },
    async list() {
      const names = await readdir(folder).catch((error: unknown) => {
        throw notReadable(error, folder);
      });
      const stats = await Promise.all(
        // A dangling link counts as absent.
        names.map(async (name) => ({ name, stat: await stat(join(folder, name)).catch(() => undefined) })),
      );
      return stats.filter((f) => f.stat?.isFile()).map((f) => ({ name: f.name, sizeBytes: f.stat?.size }));
    },
    async read(name) {
      if (!isSafeFileName(name)) throw new AppError('file-missing', { file: name });
      const found = await stat(join(folder, name)).catch(() => undefined);
      if (!found?.isFile()) throw new AppError('file-missing', { file: join(folder, name) });
      return readRange(name, 0, found.size);
    },
    readRange,
  };
}

/** Names, lengths and modification times of the files; taken once, when first asked for. */
function digestFolder(folder: string): string {
  const hash = createHash('sha256');
  try {
    for (const name of readdirSync(folder).sort()) {
      const found = statSync(join(folder, name), { throwIfNoEntry: false });
      if (found?.isFile()) hash.update(`${JSON.stringify([name, found.size, found.mtimeMs])}\n`);
    }
  } catch (error) {
    throw notReadable(error, folder);
  }
  return hash.digest('hex');
}

function notReadable(error: unknown, file: string): AppError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new AppError('file-missing', { file }, error);
  return new AppError('storage-failed', { reason: message }, error);
}
