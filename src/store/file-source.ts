/**
 * A package among files the user chose, dropped, or opened as a folder. It may lie in a subfolder: the one
 * that holds `mlc-chat-config.json` (the uppermost, if there are several) is the package.
 */
import { AppError } from '../core/errors';
import type { PackageSource } from './package-source';

/** A file with its path, `/` between the parts. */
export interface GivenFile {
  readonly path: string;
  readonly file: File;
}

const CONFIG = 'mlc-chat-config.json';

/** @throws AppError `file-missing` {file: mlc-chat-config.json}. */
export function fileSource(given: readonly GivenFile[]): PackageSource {
  const isConfig = ({ path }: GivenFile) => path === CONFIG || path.endsWith(`/${CONFIG}`);
  const depth = ({ path }: GivenFile) => path.split('/').length;
  const config = given.filter(isConfig).sort((a, b) => depth(a) - depth(b))[0];
  if (!config) throw new AppError('file-missing', { file: CONFIG });
  const folder = config.path.slice(0, -CONFIG.length);
  const files = new Map(
    given
      .filter(({ path }) => path.startsWith(folder))
      .map(({ path, file }) => [path.slice(folder.length), file]),
  );
  const label = folder.split('/').filter(Boolean).at(-1) ?? 'model';
  return {
    address: label,
    label,
    isResumable: false,
    listing: new Map([...files].map(([name, file]) => [name, file.size])),
    async open(name) {
      const file = files.get(name);
      if (!file) throw new AppError('file-missing', { file: name });
      return { sizeBytes: file.size, stream: file.stream() };
    },
  };
}

/** Files of an `<input webkitdirectory>` or of a plain list. */
export function fromFileList(files: Iterable<File>): GivenFile[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** Everything below a folder handle, links not followed. */
export async function fromDirectory(folder: FileSystemDirectoryHandle, prefix = ''): Promise<GivenFile[]> {
  const given: GivenFile[] = [];
  for await (const [name, handle] of folder.entries()) {
    const path = `${prefix}${name}`;
    if (handle.kind === 'file') given.push({ path, file: await (handle as FileSystemFileHandle).getFile() });
    else given.push(...(await fromDirectory(handle as FileSystemDirectoryHandle, `${path}/`)));
  }
  return given;
}

/** Files and folders of a drop; must be called inside the drop event, before anything is awaited. */
export function fromDrop(items: DataTransferItemList): Promise<GivenFile[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return Promise.all(entries.map((entry) => fromEntry(entry, ''))).then((lists) => lists.flat());
}

async function fromEntry(entry: FileSystemEntry, prefix: string): Promise<GivenFile[]> {
  const path = `${prefix}${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const given: GivenFile[] = [];
  for (;;) {
    // Chrome hands out at most 100 entries at a time.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (batch.length === 0) return given;
    for (const child of batch) given.push(...(await fromEntry(child, `${path}/`)));
  }
}
