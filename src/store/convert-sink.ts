/**
 * The store as a conversion's sink. What is done is kept in `convert/<id>`, so that a page that was closed,
 * a lost network or a full disk costs at most the file in hand:
 *
 *   begin --(writing -> Blob -> read back -> done)*--> finish: the record becomes the model's, in one transaction
 *
 * A model of the same id stays usable until then, and an unfinished installation of it is left alone. The
 * caller holds the model's lock (model-lock.ts).
 */
import { AppError } from '../core/errors';
import { sha256Hex } from '../formats/hash';
import type { PackageOutline, PackageSink, WrittenFile } from '../formats/package-sink';
import { resumeNeed, type StoredOrder } from './convert-order';
import { fingerprintOf } from './package-plan';
import { requireSpace, withSizes } from './quota';
import { matchesStored } from './stored-bytes';
import {
  type Conversion,
  type FileState,
  type ModelState,
  publish,
  readFile,
  readState,
  removeUnfinished,
  type StoredFile,
  writeConversion,
  writeFile,
} from './weights-database';

/** After a crash of the machine the latest of these may be damaged though the database counts them as written. */
const DOUBTED_FILES = 8;

export class ConvertSink implements PackageSink {
  private current: ModelState | undefined;
  private outline: PackageOutline | undefined;

  /** @param resumes fingerprint of the unfinished conversion that alone may be gone on with. */
  constructor(
    private readonly order: StoredOrder,
    private readonly resumes?: string,
  ) {}

  /** Throws also `source-changed` where what is to be resumed was made of other files. */
  async begin(outline: PackageOutline): Promise<ReadonlyMap<string, WrittenFile>> {
    const { id } = this.order;
    if (this.resumes !== undefined && this.resumes !== outline.fingerprint)
      throw new AppError('source-changed', { source: outline.source });
    const [unfinished, complete] = [await readState('convert', id), await readState('state', id)];
    const earlier = [unfinished, complete].find(
      (state) => (state?.conversion ?? state?.made)?.fingerprint === outline.fingerprint,
    );
    const files = earlier ? await whatIsThere(earlier, outline) : outline.shards.map(missing);
    const done = files.filter(isDone);
    // What was left of another checkpoint is room for this one, and goes only if that is enough.
    const obsolete = unfinished === earlier ? undefined : unfinished;
    const isFreed = obsolete?.generation !== complete?.generation;
    const freedBytes = (isFreed && obsolete?.conversion?.doneBytes) || 0;
    await requireSpace(Math.max(0, outline.sizeBytes - bytesOf(done) - freedBytes));
    if (obsolete) await removeUnfinished('convert', id);
    this.outline = outline;
    await this.save(newState(this.order, outline, files, earlier));
    return new Map(done.map((file) => [file.name, writtenFile(file)]));
  }

  async write(file: WrittenFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.mark(file, 'writing');
      await writeFile(this.state, file.name, new Blob([bytes]));
      const isRight = (await sha256Hex(bytes)) === file.sha256;
      if (!isRight || !(await matchesStored(await readFile(this.state, file.name), bytes)))
        throw new AppError('hash-mismatch', { file: file.name });
      await this.mark(file, 'done');
    } catch (error) {
      throw await withSizes(AppError.from(error), this.missingBytes());
    }
  }

  async finish(): Promise<void> {
    const { conversion, ...about } = this.state;
    const files = await this.checked();
    const { order, fingerprint } = conversion!;
    await publish('convert', {
      ...about,
      files,
      sizeBytes: bytesOf(files),
      fingerprint: await fingerprintOf(files),
      made: { order, fingerprint },
    });
    this.current = undefined;
  }

  /** Keeps what stopped the conversion with what it has done; without effect before `begin`. */
  async fail({ code, details }: AppError): Promise<void> {
    if (!this.current) return;
    await this.save(this.current, { code, details });
  }

  /** Throws away what is done; without effect before `begin`. A complete model of that id stays. */
  async discard(): Promise<void> {
    if (!this.current) return;
    this.current = undefined;
    await removeUnfinished('convert', this.order.id);
  }

  private get state(): ModelState {
    if (!this.current) throw new AppError('internal', { message: 'write before begin' });
    return this.current;
  }

  /** All files, in the order in which a conversion writes them. @throws AppError `model-incomplete` {modelId, file}. */
  private async checked(): Promise<readonly StoredFile[]> {
    const { id, files } = this.state;
    for (const { name, sizeBytes, state } of files) {
      const isThere = state === 'done' && (await readFile(this.state, name))?.size === sizeBytes;
      if (!isThere) throw new AppError('model-incomplete', { modelId: id, file: name });
    }
    return files;
  }

  private missingBytes(): number {
    return Math.max(0, (this.outline?.sizeBytes ?? 0) - (this.current?.conversion?.doneBytes ?? 0));
  }

  private async mark(file: WrittenFile, state: FileState): Promise<void> {
    const entry: StoredFile = { ...file, state };
    const { files } = this.state;
    const isKnown = files.some(({ name }) => name === file.name);
    await this.save({
      ...this.state,
      files: isKnown ? files.map((old) => (old.name === file.name ? entry : old)) : [...files, entry],
    });
  }

  private async save(state: ModelState, error?: Conversion['error']): Promise<void> {
    const { order, fingerprint } = state.conversion!;
    const doneBytes = bytesOf(state.files.filter(isDone));
    const totalBytes = Math.max(doneBytes, this.outline?.sizeBytes ?? 0);
    const need = resumeNeed(order);
    const conversion = { order, fingerprint, doneBytes, totalBytes, need, ...(error && { error }) };
    this.current = { ...state, conversion };
    await writeConversion(this.current);
  }
}

const isDone = ({ state }: StoredFile) => state === 'done';
const bytesOf = (files: readonly StoredFile[]) => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
const missing = ({ name, sizeBytes }: PackageOutline['shards'][number]): StoredFile => ({
  name,
  sizeBytes,
  state: 'missing',
});

function writtenFile({ name, sizeBytes, sha256, md5 }: StoredFile): WrittenFile {
  return { name, sizeBytes, sha256: sha256!, ...(md5 !== undefined && { md5 }) };
}

function newState(
  order: StoredOrder,
  outline: PackageOutline,
  files: readonly StoredFile[],
  earlier: ModelState | undefined,
): ModelState {
  const { fingerprint, name, source, licence, quantization, contextLength, sizeBytes } = outline;
  const progress = { doneBytes: 0, totalBytes: sizeBytes, need: resumeNeed(order) };
  return {
    id: order.id,
    name,
    source,
    licence,
    quantization,
    contextLength,
    files,
    sizeBytes,
    createdAt: earlier?.createdAt ?? Date.now(),
    generation: earlier?.generation ?? crypto.randomUUID(),
    fingerprint: '',
    conversion: { order, fingerprint, ...progress },
  };
}

/**
 * The files of an earlier conversion in their order, which is that of the package: done are those that the
 * database still has, whole and readable.
 */
async function whatIsThere(earlier: ModelState, outline: PackageOutline): Promise<StoredFile[]> {
  const doubted = new Set(earlier.files.filter(isDone).slice(-DOUBTED_FILES));
  const shards = new Map(outline.shards.map((shard) => [shard.name, shard.sizeBytes]));
  const files: StoredFile[] = [];
  for (const file of earlier.files) {
    const isOfOutline = (shards.get(file.name) ?? file.sizeBytes) === file.sizeBytes;
    const isThere = isDone(file) && isOfOutline && (await isReadable(earlier, file, doubted.has(file)));
    files.push(
      isThere ? file : { ...file, sizeBytes: shards.get(file.name) ?? file.sizeBytes, state: 'missing' },
    );
  }
  return files;
}

/** A file is there once its end can be read; a doubted one once its hash is right. */
async function isReadable(state: ModelState, file: StoredFile, isDoubted: boolean): Promise<boolean> {
  const blob = await readFile(state, file.name);
  if (!file.sha256 || blob?.size !== file.sizeBytes) return false;
  try {
    const part = isDoubted ? blob : blob.slice(Math.max(0, blob.size - 1));
    const bytes = new Uint8Array(await part.arrayBuffer());
    return isDoubted ? (await sha256Hex(bytes)) === file.sha256 : true;
  } catch {
    // The record is there but not the bytes behind it: the file is made again.
    return false;
  }
}
