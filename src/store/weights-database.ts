/**
 * The database of model weights, apart from the page's own records. One object store; keys:
 *
 *   state/<id>                    a model that is whole and may be opened
 *   install/<id>                  a model that is being brought in; resumed or removed, never opened
 *   convert/<id>                  a model that is being made of a checkpoint; likewise
 *   file/<id>/<generation>/<name> one file, as a Blob
 *
 * An installation or conversion writes under a generation of its own, so that a model stays usable until its
 * replacement is complete, and neither touches what the other has done so far; publishing swaps the records
 * in one transaction. Files of a generation that no record names are removed.
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
import type { ErrorCode, ErrorDetails } from '../core/errors';
import type { ResumeNeed, StoredOrder } from './convert-order';
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
  /** SHA-256 of its list of files; tells whether a source still offers the same package. Empty while converting. */
  readonly fingerprint: string;
  /** Of a conversion that is not finished. */
  readonly conversion?: Conversion;
  /** Of a finished model that was converted here: enough to make a lost part again. */
  readonly made?: Pick<Conversion, 'order' | 'fingerprint'>;
}

/** How far a conversion is, and what it takes to go on with it. */
export interface Conversion {
  readonly order: StoredOrder;
  /** Two conversions with the same fingerprint write the same bytes. */
  readonly fingerprint: string;
  /** Bytes of the package that are stored and found right. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly need: ResumeNeed;
  /** What stopped it last; absent where it was paused or its page was closed. */
  readonly error?: { readonly code: ErrorCode; readonly details: ErrorDetails };
}

const KINDS = ['state', 'install', 'convert'] as const;
type Kind = (typeof KINDS)[number];

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

export const writeConversion = (state: ModelState): Promise<void> =>
  guarded(() => set(stateKey('convert', state.id), state, weights()));

export const readFile = (state: ModelState, name: string): Promise<Blob | undefined> =>
  guarded(() => get<Blob>(fileKey(state, name), weights()));

export const writeFile = (state: ModelState, name: string, data: Blob): Promise<void> =>
  guarded(() => set(fileKey(state, name), data, weights()));

/** Makes a finished installation or conversion the model, in one transaction, then removes the files of the one before. */
export async function publish(kind: 'install' | 'convert', state: ModelState): Promise<void> {
  await guarded(() =>
    weights()('readwrite', (store) => {
      store.put(state, stateKey('state', state.id));
      store.delete(stateKey(kind, state.id));
      return promisifyRequest(store.transaction);
    }),
  );
  await removeStrayFiles(state.id);
}

/** Removes an unfinished installation or conversion; a complete model of that id stays, and so does the other. */
export async function removeUnfinished(kind: 'install' | 'convert', id: string): Promise<void> {
  await guarded(() => del(stateKey(kind, id), weights()));
  await removeStrayFiles(id);
}

/** The records go first: a crash in between leaves files without a model, never a model without files. */
export async function removeModel(id: string): Promise<void> {
  await guarded(() =>
    delMany(
      KINDS.map((kind) => stateKey(kind, id)),
      weights(),
    ),
  );
  await removeStrayFiles(id);
}

/** Removes the files of every generation that none of the model's records names. */
async function removeStrayFiles(id: string): Promise<void> {
  await guarded(async () => {
    const states = await getMany<ModelState | undefined>(
      KINDS.map((kind) => stateKey(kind, id)),
      weights(),
    );
    const prefix = filesPrefix(id);
    const kept = states.flatMap((state) => (state ? [`${prefix}${state.generation}/`] : []));
    const stray = (await keys<string>(weights())).filter(
      (key) => key.startsWith(prefix) && !kept.some((generation) => key.startsWith(generation)),
    );
    await delMany(stray, weights());
  });
}
