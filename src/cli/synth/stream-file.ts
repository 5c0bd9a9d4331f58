import { type FileHandle, open } from 'node:fs/promises';
import { AppError } from '../../core/errors';

/** A file written front to back, with places that are filled in later. */
export class StreamFile {
  private at = 0;

  private constructor(private readonly handle: FileHandle) {}

  static async create(path: string): Promise<StreamFile> {
    return new StreamFile(await open(path, 'wx'));
  }

  /** Bytes written so far. */
  get position(): number {
    return this.at;
  }

  /** Throws AppError `storage-full`, `storage-failed`. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.patch(bytes, this.at);
    this.at += bytes.length;
  }

  /** Overwrites what was written before. Throws like `write`. */
  async patch(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const left = bytes.length - done;
      const { bytesWritten } = await this.handle
        .write(bytes, done, left, position + done)
        .catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOSPC') throw new AppError('storage-full', { neededBytes: left }, error);
          throw new AppError('storage-failed', { reason: error.message }, error);
        });
      done += bytesWritten;
    }
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
