/** The models that are stored: listing, opening, checking and deleting them. Bringing them in is install.ts. */
import { AppError } from '../core/errors';
import { sha256Hex } from '../formats/hash';
import type { PackageFiles } from '../formats/package-files';
import { withModelLock } from './model-lock';
import {
  type ModelState,
  readFile,
  readState,
  readStates,
  removeModel,
  removeUnfinished,
} from './weights-database';

export type { Conversion, ModelState, StoredFile } from './weights-database';

/** Whole models, newest first. */
export async function listModels(): Promise<readonly ModelState[]> {
  return [...(await readStates('state'))].sort((a, b) => b.createdAt - a.createdAt);
}

/**
 * Installations and conversions that were interrupted and can be resumed or deleted; the latter have
 * `conversion`. Of a model that has both, the conversion.
 */
export async function listUnfinished(): Promise<readonly ModelState[]> {
  const conversions = await readStates('convert');
  const converted = new Set(conversions.map(({ id }) => id));
  return [...conversions, ...(await readStates('install')).filter(({ id }) => !converted.has(id))];
}

/** Throws away what a conversion has done so far; a complete model of that id stays. Throws `conversion-running`. */
export async function deleteConversion(id: string): Promise<void> {
  await withModelLock(id, () => removeUnfinished('convert', id));
}

/** False for an unfinished one, and for one of which the browser lost a file. */
export async function hasModel(id: string): Promise<boolean> {
  const state = await readState('state', id);
  return state !== undefined && (await isWhole(state));
}

/** Every file is there in full length, as far as the database tells without reading it. */
export async function isWhole(state: ModelState): Promise<boolean> {
  for (const { name, sizeBytes } of state.files)
    if ((await readFile(state, name))?.size !== sizeBytes) return false;
  return true;
}

/** Bytes of the stored model; 0 when there is none. */
export async function modelSize(id: string): Promise<number> {
  return (await readState('state', id))?.sizeBytes ?? 0;
}

/**
 * Model, unfinished installation and conversion of that id; a model that is in use stays usable until it is
 * unloaded. Throws `conversion-running`.
 */
export async function deleteModel(id: string): Promise<void> {
  await withModelLock(id, () => removeModel(id));
}

/**
 * Files of a stored model, read from their Blobs by range.
 * @throws AppError `model-unknown` {modelId}, `model-incomplete` {modelId} for an unfinished one;
 *   its reads throw `file-missing`, `file-truncated`, and `model-incomplete` {modelId, file} when the
 *   browser lost a file.
 */
export async function openModel(id: string): Promise<PackageFiles> {
  const state = await readState('state', id);
  if (!state) {
    const unfinished = (await readState('install', id)) ?? (await readState('convert', id));
    const isUnfinished = unfinished !== undefined;
    throw new AppError(isUnfinished ? 'model-incomplete' : 'model-unknown', { modelId: id });
  }
  return filesOf(state);
}

/** @throws AppError in its reads, see `openModel`. */
export function filesOf(state: ModelState): PackageFiles {
  const blobs = new Map<string, Promise<Blob>>();
  const open = (name: string): Promise<Blob> => {
    const known = blobs.get(name);
    if (known) return known;
    const file = state.files.find((entry) => entry.name === name);
    if (!file) return Promise.reject(new AppError('file-missing', { file: name }));
    const blob = readFile(state, name).then((data) => {
      if (data?.size !== file.sizeBytes)
        throw new AppError('model-incomplete', { modelId: state.id, file: name });
      return data;
    });
    blobs.set(name, blob);
    blob.catch(() => blobs.delete(name));
    return blob;
  };
  const bytesOf = async (blob: Blob, name: string): Promise<Uint8Array<ArrayBuffer>> => {
    try {
      return new Uint8Array(await blob.arrayBuffer());
    } catch (error) {
      // The record is there but the browser can no longer read the bytes behind it.
      throw new AppError('model-incomplete', { modelId: state.id, file: name }, error);
    }
  };
  return {
    list: async () => state.files.map(({ name, sizeBytes }) => ({ name, sizeBytes })),
    read: async (name) => bytesOf(await open(name), name),
    readRange: async (name, start, end) => {
      const blob = await open(name);
      if (end > blob.size)
        throw new AppError('file-truncated', { file: name, expectedBytes: end, foundBytes: blob.size });
      return bytesOf(blob.slice(start, end), name);
    },
  };
}

/**
 * Reads every file again and compares length and hash. Names of the files that are not what they should be.
 * @throws AppError `model-unknown`, `model-incomplete`, `aborted`.
 */
export async function verifyModel(
  id: string,
  onProgress: (bytesDone: number, bytesTotal: number) => void = () => {},
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const files = await openModel(id);
  const state = (await readState('state', id))!;
  const bad: string[] = [];
  let done = 0;
  for (const file of state.files) {
    if (signal?.aborted) throw new AppError('aborted');
    try {
      const bytes = await files.read(file.name);
      if (file.sha256 && (await sha256Hex(bytes)) !== file.sha256) bad.push(file.name);
    } catch (error) {
      if (AppError.from(error).code !== 'model-incomplete') throw error;
      bad.push(file.name);
    }
    done += file.sizeBytes;
    onProgress(done, state.sizeBytes);
  }
  return bad;
}
