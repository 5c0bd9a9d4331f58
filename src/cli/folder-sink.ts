/**
 * A package folder under construction. Beside the target `model` stands `.model.partial` with
 *
 *   package/     the files so far
 *   state.json   which of them are whole, and of which conversion
 *   lock         who is at work
 *   old/         what stood under the target's name, while it is being replaced
 *
 * `finish` renames `package` to the target: it appears as a whole or not at all. What is left after a crash
 * is taken up again by the next `begin` for the same target and the same fingerprint.
 */
import { mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from '../core/errors';
import type { PackageOutline, PackageSink, WrittenFile } from '../formats/package-sink';
import { hashOfFile, holdsBytes, syncFolder, writeThrough } from './durable-file';
import { type FolderLock, lockFolder } from './folder-lock';
import { type FileState, readState, writeState } from './folder-state';

export interface FolderSink extends PackageSink {
  /** Whole files of another conversion that `begin` found and removed. */
  readonly droppedFiles: number;
  /** An unfinished package with at least one whole file. */
  readonly isWorthKeeping: boolean;
  /** Lets go of the folder; what is done stays, an empty beginning does not. To be called in any case. */
  close(): Promise<void>;
  /** Removes what was begun, if it was begun here. */
  discardOwn(): Promise<void>;
  /** Removes an unfinished package. Throws `conversion-running`. */
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

/** Nothing is touched before `begin`. */
export function folderSink(target: string): FolderSink {
  return new Construction(resolve(target));
}

class Construction implements FolderSink {
  readonly #target: string;
  readonly #partial: string;
  readonly #package: string;
  readonly #statePath: string;
  #lock: FolderLock | undefined;
  #outline: PackageOutline | undefined;
  #files = new Map<string, FileState>();
  droppedFiles = 0;

  constructor(target: string) {
    this.#target = target;
    this.#partial = join(dirname(target), `.${basename(target)}.partial`);
    this.#package = join(this.#partial, 'package');
    this.#statePath = join(this.#partial, 'state.json');
  }

  async begin(outline: PackageOutline): Promise<ReadonlyMap<string, WrittenFile>> {
    try {
      this.#lock ??= await lockFolder(this.#partial);
      await this.#restoreOld();
      const state = await readState(this.#statePath);
      const left = state?.fingerprint === outline.fingerprint ? [...state.files.values()] : [];
      const isOther = state !== undefined && state.fingerprint !== outline.fingerprint;
      this.droppedFiles = isOther ? [...state.files.values()].filter(({ isWhole }) => isWhole).length : 0;
      this.#outline = outline;
      this.#files = new Map();
      for (const file of left) if (await this.#isWhole(file)) this.#files.set(file.name, file);
      await this.#removeOthers();
      await this.#writeState();
      await this.#requireSpace(outline.sizeBytes - this.#heldBytes());
    } catch (error) {
      throw storageError(error, outline.sizeBytes);
    }
    return this.#files;
  }

  async write(file: WrittenFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.#mark(file, false);
      const path = join(this.#package, file.name);
      await writeThrough(path, bytes);
      await syncFolder(this.#package);
      if (!(await holdsBytes(path, bytes))) {
        throw new AppError('hash-mismatch', { file: file.name, expected: file.sha256 });
      }
      await this.#mark(file, true);
    } catch (error) {
      throw storageError(error, bytes.length);
    }
  }

  async finish(): Promise<void> {
    const missing = this.#outline?.shards.find(({ name }) => !this.#files.get(name)?.isWhole);
    if (!this.#outline || missing) {
      throw new AppError('model-incomplete', { reason: missing?.name ?? 'not begun' });
    }
    try {
      // What stood there goes only once the new folder is in its place.
      await rename(this.#target, join(this.#partial, 'old')).catch(ignoreMissing);
      await rename(this.#package, this.#target);
      await syncFolder(dirname(this.#target));
      await this.#remove();
    } catch (error) {
      throw storageError(error, 0);
    }
  }

  get isWorthKeeping(): boolean {
    return this.#lock !== undefined && [...this.#files.values()].some(({ isWhole }) => isWhole);
  }

  async close(): Promise<void> {
    if (!this.#lock) return;
    if (!this.isWorthKeeping) return this.#remove();
    await this.#lock.release();
    this.#lock = undefined;
  }

  async discardOwn(): Promise<void> {
    if (this.#lock) await this.#remove();
  }

  async discard(): Promise<void> {
    if (!(await isOccupied(this.#partial))) return;
    this.#lock ??= await lockFolder(this.#partial);
    await this.#restoreOld();
    await this.#remove();
  }

  /** A crash between the two renames of `finish` leaves the target's name free. */
  async #restoreOld(): Promise<void> {
    const old = join(this.#partial, 'old');
    const isThere = (path: string) =>
      stat(path).then(
        () => true,
        () => false,
      );
    if (!(await isThere(old))) return;
    if (await isThere(this.#target)) await rm(old, { recursive: true, force: true });
    else await rename(old, this.#target);
  }

  /** Whether a file that was whole still is: length and hash. */
  async #isWhole(file: FileState): Promise<boolean> {
    if (!file.isWhole) return false;
    const path = join(this.#package, file.name);
    const found = await stat(path).catch(() => undefined);
    if (found?.size !== file.sizeBytes) return false;
    return (await hashOfFile(path)) === file.sha256;
  }

  async #removeOthers(): Promise<void> {
    await mkdir(this.#package, { recursive: true });
    for (const name of await readdir(this.#package)) {
      if (!this.#files.has(name)) await rm(join(this.#package, name), { recursive: true, force: true });
    }
  }

  /** Throws `storage-full` {neededBytes, freeBytes}. */
  async #requireSpace(neededBytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.#partial);
    const freeBytes = bavail * bsize;
    if (neededBytes > freeBytes) throw new AppError('storage-full', { neededBytes, freeBytes });
  }

  #heldBytes(): number {
    return [...this.#files.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  async #mark(file: WrittenFile, isWhole: boolean): Promise<void> {
    this.#files.set(file.name, { ...file, isWhole });
    await this.#writeState();
  }

  async #writeState(): Promise<void> {
    await writeState(this.#statePath, { fingerprint: this.#outline!.fingerprint, files: this.#files });
  }

  async #remove(): Promise<void> {
    await rm(this.#partial, { recursive: true, force: true });
    this.#lock = undefined;
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

function storageError(error: unknown, neededBytes: number): AppError {
  if (error instanceof AppError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new AppError('storage-full', { neededBytes }, error);
  return new AppError('storage-failed', { reason: message }, error);
}
