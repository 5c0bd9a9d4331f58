/**
 * Brings a package into the store, one file at a time: read whole, checked (length, SHA-256 or MD5), stored,
 * and only then marked as done. The model appears in the list when every file is done.
 *
 * What is left after a failure: nothing, except when an address failed or the user stopped it; then the done
 * files stay and the same call goes on where it ended. A model that is replaced stays usable until then.
 * One file is in memory at a time, once as bytes and once as the Blob handed to the database.
 */
import { AppError } from '../core/errors';
import { md5Hex, sha256Hex } from '../formats/hash';
import { withModelLock } from './model-lock';
import { type PackagePlan, type PlannedFile, readPlan } from './package-plan';
import type { PackageSource } from './package-source';
import { requireSpace, withSizes } from './quota';
import { type ReadTiming, readWhole } from './read-file';
import { filesOf } from './weights';
import {
  type FileState,
  type ModelState,
  publish,
  readFile,
  readState,
  readStates,
  removeUnfinished,
  type StoredFile,
  writeFile,
  writeInstall,
} from './weights-database';

export interface InstallProgress {
  readonly phase: 'download' | 'verify' | 'store';
  /** Of the whole package. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly file: string;
}

export interface InstallOptions {
  /** Default: made of the package's name and quantisation. */
  readonly id?: string;
  readonly onProgress?: (progress: InstallProgress) => void;
  readonly signal?: AbortSignal;
  readonly timing?: ReadTiming;
  /** Files of the stored model that were found bad: they are fetched again. */
  readonly badFiles?: readonly string[];
}

/** Failures after which the done files of an address are worth keeping. */
const RESUMABLE: readonly string[] = ['download-failed', 'aborted'];

/**
 * Resolves with the stored model; at once if it is there already.
 * @throws AppError `file-missing`, `file-truncated`, `hash-mismatch` {file}, `format-invalid`,
 *   `download-failed`, `storage-full` {neededBytes, freeBytes}, `storage-failed`, `aborted`, and what
 *   `readPlan` says about a package that cannot run.
 */
export async function installModel(source: PackageSource, options: InstallOptions = {}): Promise<ModelState> {
  const signal = options.signal ?? new AbortController().signal;
  const plan = await readPlan(source, signal, options.timing);
  const id = options.id ?? idOf(plan);
  return withModelLock(id, () => installLocked(id, plan, source, { ...options, signal }), signal);
}

/** Id from what people call it, letters and digits of any script, with the quantisation where the name lacks it. */
export function idOf({ name, quantization }: Pick<PackagePlan, 'name' | 'quantization'>): string {
  const plain = name.replace(/[^\p{L}\p{N}._]+/gu, '-').replace(/^-+|-+$/g, '') || 'model';
  return plain.includes(quantization) ? plain : `${plain}-${quantization}`;
}

/** Removes what imports of local files left when the page was closed on them; addresses can still be resumed. */
export async function discardAbandoned(): Promise<void> {
  for (const { id, source } of await readStates('install')) {
    if (/^https?:/.test(source)) continue;
    const remove = (lock: unknown) => (lock ? removeUnfinished('install', id) : undefined);
    const locks = globalThis.navigator?.locks;
    if (locks) await locks.request(`aerie-model:${id}`, { ifAvailable: true }, remove);
    else await removeUnfinished('install', id);
  }
}

async function installLocked(
  id: string,
  plan: PackagePlan,
  source: PackageSource,
  options: InstallOptions & { readonly signal: AbortSignal },
): Promise<ModelState> {
  const stored = await readState('state', id);
  const repaired =
    stored?.fingerprint === plan.fingerprint ? await withoutLost(stored, options.badFiles) : undefined;
  if (stored && repaired?.files.every(({ state }) => state === 'done')) return stored;
  const unfinished = await readState('install', id);
  const resumed = unfinished?.fingerprint === plan.fingerprint ? restart(unfinished) : undefined;
  const state = repaired ?? resumed ?? newState(id, plan);
  if (unfinished && unfinished.generation !== state.generation) await removeUnfinished('install', id);
  const installation = new Installation(state, plan, source, options);
  try {
    return await installation.run();
  } catch (caught) {
    const error = AppError.from(caught);
    if (!(source.isResumable && RESUMABLE.includes(error.code))) await removeUnfinished('install', id);
    throw await withSizes(error, plan.sizeBytes);
  }
}

function newState(id: string, plan: PackagePlan): ModelState {
  const { known: _, ...about } = plan;
  const files = plan.files.map((file) => ({ ...file, state: 'missing' as const }));
  return { ...about, id, files, generation: crypto.randomUUID(), createdAt: Date.now() };
}

/** A file that was being written when it ended may be there or not: it is fetched again. */
function restart(state: ModelState): ModelState {
  const files = state.files.map((file) =>
    file.state === 'done' ? file : { ...file, state: 'missing' as const },
  );
  return { ...state, files };
}

/** A stored model, its files marked as missing that the database no longer has in full length, or that are bad. */
async function withoutLost(stored: ModelState, badFiles: readonly string[] = []): Promise<ModelState> {
  const files: StoredFile[] = [];
  for (const file of stored.files) {
    const isThere = (await readFile(stored, file.name))?.size === file.sizeBytes;
    files.push({ ...file, state: isThere && !badFiles.includes(file.name) ? 'done' : 'missing' });
  }
  return { ...stored, files };
}

class Installation {
  private doneBytes: number;

  constructor(
    private state: ModelState,
    private readonly plan: PackagePlan,
    private readonly source: PackageSource,
    private readonly options: InstallOptions & { readonly signal: AbortSignal },
  ) {
    this.doneBytes = this.pending().reduce((sum, { sizeBytes }) => sum - sizeBytes, plan.sizeBytes);
  }

  async run(): Promise<ModelState> {
    await requireSpace(this.plan.sizeBytes - this.doneBytes);
    await writeInstall(this.state);
    for (const file of this.pending()) {
      if (this.options.signal.aborted) throw new AppError('aborted');
      await this.bring(file);
      this.doneBytes += file.sizeBytes;
    }
    // The database may have dropped something between its promise and now.
    for (const { name } of this.state.files) await filesOf(this.state).readRange(name, 0, 0);
    await publish('install', this.state);
    return this.state;
  }

  private pending(): readonly PlannedFile[] {
    return this.state.files.filter(({ state }) => state !== 'done');
  }

  private async bring(file: PlannedFile): Promise<void> {
    const bytes = await this.readChecked(file);
    this.report('store', file, file.sizeBytes);
    await this.mark(file, 'writing');
    await writeFile(this.state, file.name, new Blob([bytes]));
    await this.mark(file, 'done');
  }

  /** A bad copy from an address is asked for once more, past all caches. */
  private async readChecked(file: PlannedFile): Promise<Uint8Array<ArrayBuffer>> {
    const known = this.plan.known.get(file.name);
    if (known) return known;
    for (const fresh of [false, true]) {
      const { signal, timing } = this.options;
      const bytes = await readWhole(this.source, file.name, {
        signal,
        sizeBytes: file.sizeBytes,
        fresh,
        onBytes: (done) => this.report('download', file, done),
        ...(timing && { timing }),
      });
      this.report('verify', file, file.sizeBytes);
      if (await isIntact(file, bytes)) return bytes;
      if (!this.source.isResumable) break;
    }
    throw new AppError('hash-mismatch', { file: file.name });
  }

  private async mark({ name }: PlannedFile, state: FileState): Promise<void> {
    const files = this.state.files.map((file) => (file.name === name ? { ...file, state } : file));
    this.state = { ...this.state, files };
    await writeInstall(this.state);
  }

  private report(phase: InstallProgress['phase'], { name }: PlannedFile, doneOfFile: number): void {
    const bytesDone = this.doneBytes + doneOfFile;
    this.options.onProgress?.({ phase, bytesDone, bytesTotal: this.plan.sizeBytes, file: name });
  }
}

async function isIntact({ sha256, md5 }: PlannedFile, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  if (sha256) return (await sha256Hex(bytes)) === sha256;
  if (md5) return md5Hex(bytes) === md5.toLowerCase();
  return true;
}
