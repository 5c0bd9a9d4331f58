/**
 * A checkpoint among files that the user chose or dropped, or a folder that was opened. It is read in slices
 * where it lies and never copied whole. Which files belong to it, and what kind of thing they are, is decided
 * here, so that the page can say so before anything begins.
 */
import { AppError } from '../../core/errors';
import type { CheckpointFiles } from '../../formats/package-files';
import { identityOf } from './http-files';
import { adapterWeights, checkpointWeights } from './weight-files';

/** A file with its path, `/` between the parts. */
export interface GivenFile {
  readonly path: string;
  readonly file: File;
}

export type GivenKind = 'package' | 'checkpoint' | 'lora';

const PIECE_BYTES = 4 << 20;

interface Folder {
  readonly kind: GivenKind;
  /** Path of the folder, with a slash at its end; empty for files without one. */
  readonly path: string;
}

/** What the given files are; undefined where they are nothing that Aerie can use. */
export function detectGiven(given: readonly GivenFile[]): GivenKind | undefined {
  return findFolder(given)?.kind;
}

/**
 * The uppermost folder that holds a checkpoint or a LoRA. Throws AppError `file-missing` {file} where there
 * is none. Reading throws `source-changed` {file} for a file that was changed on disk since.
 */
export async function givenFiles(given: readonly GivenFile[]): Promise<CheckpointFiles> {
  const folder = findFolder(given);
  if (!folder || folder.kind === 'package') {
    const hasConfig = given.some((file) => nameOf(file) === 'config.json');
    throw new AppError('file-missing', { file: hasConfig ? 'model.safetensors' : 'config.json' });
  }
  const { path } = folder;
  const files = new Map(given.filter((file) => isDirectlyIn(file, path)).map((g) => [nameOf(g), g.file]));
  const find = (name: string): File => {
    const file = files.get(name);
    if (!file) throw new AppError('file-missing', { file: name });
    return file;
  };
  const readRange: CheckpointFiles['readRange'] = async (name, start, end) => {
    const file = find(name);
    checkRange(name, file.size, start, end);
    return readSlice(name, file, start, end);
  };
  const label = path.split('/').filter(Boolean).at(-1) ?? '';
  const known = [...files].map(([name, file]) => [name, file.size, file.lastModified]).sort();
  return {
    origin: label || 'files',
    revision: '',
    identity: await identityOf(['files', known]),
    list: async () => [...files].map(([name, file]) => ({ name, sizeBytes: file.size })),
    read: async (name) => readRange(name, 0, find(name).size),
    readRange,
    async *stream(name, start, end) {
      const file = find(name);
      checkRange(name, file.size, start, end);
      for (let at = start; at < end; at += PIECE_BYTES) {
        yield await readSlice(name, file, at, Math.min(end, at + PIECE_BYTES));
      }
    },
  };
}

function findFolder(given: readonly GivenFile[]): Folder | undefined {
  const folders = [...new Set(given.map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1)))];
  const depth = (path: string) => path.split('/').length;
  for (const path of folders.sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))) {
    const names = given.filter((file) => isDirectlyIn(file, path)).map(nameOf);
    const kind = kindOf(names);
    if (kind) return { kind, path };
  }
  return undefined;
}

/** In this order: a package may carry its checkpoint's config.json, a whole checkpoint a LoRA. */
function kindOf(names: readonly string[]): GivenKind | undefined {
  if (names.includes('mlc-chat-config.json')) return 'package';
  const hasConfig = names.includes('config.json') || names.includes('params.json');
  if (hasConfig && checkpointWeights(names).length > 0) return 'checkpoint';
  return names.includes('adapter_config.json') && adapterWeights(names).length > 0 ? 'lora' : undefined;
}

const nameOf = ({ path }: GivenFile): string => path.slice(path.lastIndexOf('/') + 1);
const isDirectlyIn = ({ path }: GivenFile, folder: string): boolean =>
  path.startsWith(folder) && !path.slice(folder.length).includes('/');

function checkRange(file: string, sizeBytes: number, start: number, end: number): void {
  const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end;
  if (!isRange) throw new AppError('parameter-out-of-range', { parameter: 'range', start, end });
  if (end > sizeBytes)
    throw new AppError('file-truncated', { file, expectedBytes: end, actualBytes: sizeBytes });
}

/** Browsers refuse to read a file whose length or date is no longer that of its handle. */
async function readSlice(name: string, file: File, start: number, end: number) {
  try {
    return new Uint8Array(await file.slice(start, end).arrayBuffer());
  } catch (error) {
    const { name: kind, message } = error as DOMException;
    if (kind === 'NotReadableError' || kind === 'NotFoundError') {
      throw new AppError('source-changed', { file: name }, error);
    }
    throw new AppError('storage-failed', { reason: `${name}: ${message}` }, error);
  }
}
