/** Puts the files back into an order that was kept without them: given anew, or read through a folder's handle. */
import { AppError } from '../core/errors';
import type {
  ConvertOrder,
  GivenFiles,
  SourceOrder,
  SourceRole,
  StoredOrder,
  StoredSource,
} from './convert-order';
import { fromDirectory, type GivenFile } from './file-source';

/** In Chrome; the types of the platform do not have it yet. */
interface AskableFolder extends FileSystemDirectoryHandle {
  requestPermission?(options: { mode: 'read' }): Promise<PermissionState>;
}

/** @throws AppError `file-missing` {file: label} for a folder that is not given, not allowed or no longer there. */
export async function withGivenFiles(order: StoredOrder, given: GivenFiles): Promise<ConvertOrder> {
  const fill = (role: SourceRole, source: StoredSource) => fillSource(source, given[role]);
  const { source, base, lora, ...about } = order;
  return {
    ...about,
    source: await fill('source', source),
    ...(base && { base: await fill('base', base) }),
    ...(lora && { lora: await fill('lora', lora) }),
  };
}

async function fillSource(
  source: StoredSource,
  given: readonly GivenFile[] | undefined,
): Promise<SourceOrder> {
  if (source.kind !== 'files') return source;
  if (given) return { kind: 'files', label: source.label, files: given };
  return { ...source, files: await readFolder(source.label, source.folder) };
}

async function readFolder(label: string, folder: AskableFolder | undefined): Promise<readonly GivenFile[]> {
  const missing = (cause?: unknown) => new AppError('file-missing', { file: label }, cause);
  if (!folder) throw missing();
  try {
    if ((await folder.requestPermission?.({ mode: 'read' })) === 'denied') throw missing();
    return await fromDirectory(folder, '');
  } catch (error) {
    // Moved away since, or the browser asks for a click that there was none of.
    throw error instanceof AppError ? error : missing(error);
  }
}
