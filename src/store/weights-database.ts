/**
 * The database of model weights, apart from the page's own records. One object store; keys:
 *
 *   state/<id>                    a model that is whole and may be opened
 *   install/<id>                  a model that is being brought in; resumed or removed, never opened
 *   file/<id>/<generation>/<name> one file, as a Blob
 *
 * An installation writes under a generation of its own, so that a model stays usable until its replacement
 * is complete; publishing swaps the records in one transaction.
 */
import {
  createStore,
  del,
  delMany,
  get,
  getMany,
  keys,
  promisifyRequest,
  set,
  type UseStore,
} from 'idb-keyval';
import { guarded } from './database';

export type FileState = 'missing' | 'writing' | 'done';

export interface StoredFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Hex; absent where the package does not say, as MLC's own packages do not. */
  readonly sha256?: string;
  /** Hex; MLC's manifest names it for shards. */
  readonly md5?: string;
  readonly state: FileState;
}

export interface ModelState {
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  /** Address or folder name it came from. */
  readonly source: string;
  readonly licence: string;
  readonly quantization: string;
  /** Most positions the model was trained for. */
  readonly contextLength: number;
  readonly files: readonly StoredFile[];
  /** Of all files. */
  readonly sizeBytes: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Part of the keys of its files. */
  readonly generation: string;
  /** SHA-256 of its list of files; tells whether a source still offers the same package. */
  readonly fingerprint: string;
}

type Kind = 'state' | 'install';

let database: UseStore | undefined;
const weights = (): UseStore => {
  database ??= createStore('aerie-weights', 'files');
  return database;
};

/** Ids may hold any character; in keys a slash separates. */
const stateKey = (kind: Kind, id: string) => `${kind}/${encodeURIComponent(id)}`;
const filesPrefix = (id: string) => `file/${encodeURIComponent(id)}/`;
const fileKey = ({ id, generation }: ModelState, name: string) => `${filesPrefix(id)}${generation}/${name}`;

export const readState = (kind: Kind, id: string): Promise<ModelState | undefined> =>
  guarded(() => get<ModelState>(stateKey(kind, id), weights()));

export async function readStates(kind: Kind): Promise<readonly ModelState[]> {
  return guarded(async () => {
    const names = (await keys<string>(weights())).filter((key) => key.startsWith(`${kind}/`));
    const states = await getMany<ModelState>(names, weights());
    return states.filter((state) => state !== undefined);
  });
}

export const writeInstall = (state: ModelState): Promise<void> =>
  guarded(() => set(stateKey('install', state.id), state, weights()));

export const readFile = (state: ModelState, name: string): Promise<Blob | undefined> =>
  guarded(() => get<Blob>(fileKey(state, name), weights()));

export const writeFile = (state: ModelState, name: string, data: Blob): Promise<void> =>
  guarded(() => set(fileKey(state, name), data, weights()));

export const removeFile = (state: ModelState, name: string): Promise<void> =>
  guarded(() => del(fileKey(state, name), weights()));

/** Makes a finished installation the model, in one transaction, then removes the files of the one before. */
export async function publish(state: ModelState): Promise<void> {
  await guarded(() =>
    weights()('readwrite', (store) => {
      store.put(state, stateKey('state', state.id));
      store.delete(stateKey('install', state.id));
      return promisifyRequest(store.transaction);
    }),
  );
  await removeStrayFiles(state.id, state.generation);
}

/** Removes an unfinished installation; a complete model of that id stays. */
export async function removeInstall(id: string): Promise<void> {
  await guarded(() => del(stateKey('install', id), weights()));
  await removeStrayFiles(id, (await readState('state', id))?.generation);
}

/** The record goes first: a crash in between leaves files without a model, never a model without files. */
export async function removeModel(id: string): Promise<void> {
  await guarded(() => delMany([stateKey('state', id), stateKey('install', id)], weights()));
  await removeStrayFiles(id, undefined);
}

async function removeStrayFiles(id: string, kept: string | undefined): Promise<void> {
  await guarded(async () => {
    const prefix = filesPrefix(id);
    const stray = (await keys<string>(weights())).filter(
      (key) => key.startsWith(prefix) && !(kept && key.startsWith(`${prefix}${kept}/`)),
    );
    await delMany(stray, weights());
  });
}
