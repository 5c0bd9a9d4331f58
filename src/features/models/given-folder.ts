/** A folder or files that the user picked or dropped. */
import { fromDrop, type GivenFile } from '../../store/file-source';

export interface GivenFolder {
  readonly label: string;
  readonly files: readonly GivenFile[];
  /** Where the browser hands it out: the folder need not be chosen again after a reload. */
  readonly folder?: FileSystemDirectoryHandle;
}

export function bytesOf({ files }: GivenFolder): number {
  return files.reduce((sum, { file }) => sum + file.size, 0);
}

type HandleGiver = DataTransferItem & { getAsFileSystemHandle?(): Promise<FileSystemHandle | null> };

/** Must be called inside the drop event, before anything is awaited. Undefined where nothing was dropped. */
export async function givenByDrop(items: DataTransferItemList): Promise<GivenFolder | undefined> {
  const only = items.length === 1 ? (items[0] as HandleGiver) : undefined;
  const [files, handle] = await Promise.all([
    fromDrop(items),
    // Without a handle the folder is asked for again after a reload, which is all that is lost.
    only?.getAsFileSystemHandle?.().catch(() => null),
  ]);
  if (files.length === 0) return undefined;
  const label = files[0]!.path.split('/')[0]!;
  return {
    label,
    files,
    ...(handle?.kind === 'directory' && { folder: handle as FileSystemDirectoryHandle }),
  };
}
