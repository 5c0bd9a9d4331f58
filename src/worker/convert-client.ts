/**
 * Page side of the convert worker: makes a model of a publisher's checkpoint, one at a time for all tabs.
 *
 *   convert(order, watch)          runs to the end, or rejects; `aborted` when the signal paused it. What is done
 *                                  is kept: the same order again goes on from there.
 *   listConversions()              those that were paused or cut off, with what it takes to go on
 *   orderOf(id, given)             the order of one of them, ready for `convert`
 *   removeConversion(id)           throws away what it has done
 *   checkSource(source)            what is there to download, before it is
 *   repairNeed / repair            makes or fetches the bad files of a stored model again
 *   testHost (test-host.ts)        whether this page can read from a hub
 *
 * A worker per call; its end, however it comes, releases the locks it held.
 */
import type { ConvertProgress } from '../convert/progress';
import { AppError } from '../core/errors';
import type { Correction } from '../models/catalogue/types';
import {
  type ConvertOrder,
  type GivenFiles,
  type ResumeNeed,
  resumeNeed,
  type SourceOrder,
} from '../store/convert-order';
import { withGivenFiles } from '../store/given-again';
import { isConverting, withModelLock } from '../store/model-lock';
import { beginRepair } from '../store/repair';
import { type Conversion, deleteConversion, listUnfinished, type ModelState } from '../store/weights';
import { readState } from '../store/weights-database';
import type { FromConverter, SourceReport, ToConverter } from './convert-messages';
import { install } from './install-client';
import type { WorkerLike } from './page-engine';

export interface ConvertWatch {
  /**
   * At most ten times a second; the last report is exact.
   * @param lastByteAt milliseconds since the epoch when the last byte of a source came: tells a standstill.
   */
  readonly onProgress?: (progress: ConvertProgress, lastByteAt: number) => void;
  /** Pauses: the file in hand is given up, what is stored stays. */
  readonly signal?: AbortSignal;
}

export interface ConvertResult {
  readonly modelId: string;
  /** Values of the published configuration that were known to be wrong. */
  readonly corrections: readonly Correction[];
  /** Tensors of the checkpoint that are no part of the model. */
  readonly ignoredTensors: readonly string[];
  /** Keys that its configuration names twice; the last value was taken. Absent: none. */
  readonly duplicateKeys?: readonly string[];
}

/** A conversion that was paused or cut off. */
export interface UnfinishedConversion extends Omit<Conversion, 'fingerprint'> {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  /** It runs now, here or in another tab. */
  readonly isRunning: boolean;
}

const startWorker = (): WorkerLike =>
  new Worker(new URL('./convert.worker.ts', import.meta.url), { type: 'module' });

/**
 * @throws AppError `conversion-running`, `aborted`, `worker-crashed`, `storage-full` {neededBytes, freeBytes},
 *   `storage-failed`, what sources throw (`download-failed`, `source-refused`, `source-limited`,
 *   `source-changed`, `file-missing`) and what `convertModel` throws (src/convert/convert-model.ts).
 */
export async function convert(
  order: ConvertOrder,
  watch: ConvertWatch = {},
  makeWorker: () => WorkerLike = startWorker,
): Promise<ConvertResult> {
  const end = await run(order, watch, makeWorker);
  if (end.kind !== 'done') throw new AppError('internal', { message: `unexpected ${end.kind}` });
  const { kind: _, ...result } = end;
  return result;
}

/** Newest first. */
export async function listConversions(): Promise<readonly UnfinishedConversion[]> {
  const conversions = (await listUnfinished()).map(async ({ id, name, createdAt, conversion }) => {
    if (!conversion) return [];
    const { fingerprint: _, ...about } = conversion;
    return [{ id, name, createdAt, ...about, isRunning: await isConverting(id) }];
  });
  return (await Promise.all(conversions)).flat().sort((a, b) => b.createdAt - a.createdAt);
}

/**
 * The order of an unfinished conversion. A source that was a folder is read through its handle, for which the
 * browser may ask the user: call it from a click. Where no handle is kept, the files must be in `given`.
 * @throws AppError `model-unknown`, `file-missing` {file} for a folder that was not given or not allowed.
 */
export async function orderOf(id: string, given: GivenFiles = {}): Promise<ConvertOrder> {
  const conversion = (await readState('convert', id))?.conversion;
  if (!conversion) throw new AppError('model-unknown', { modelId: id });
  const order = await withGivenFiles(conversion.order, given);
  return { ...order, resumes: conversion.fingerprint };
}

/** A complete model of that id stays. @throws AppError `conversion-running` while it runs, here or elsewhere. */
export const removeConversion = (id: string): Promise<void> => deleteConversion(id);

/** @throws AppError what the source throws when it cannot be read; `aborted`, `worker-crashed`. */
export async function checkSource(
  source: SourceOrder,
  signal?: AbortSignal,
  makeWorker: () => WorkerLike = startWorker,
): Promise<SourceReport> {
  const end = await run({ kind: 'check', source }, signal ? { signal } : {}, makeWorker);
  if (end.kind !== 'checked') throw new AppError('internal', { message: `unexpected ${end.kind}` });
  return end.report;
}

/** What it takes to mend a stored model; `import-again`: it came from files, as a finished package. */
export function repairNeed({ made, source }: ModelState): ResumeNeed | 'import-again' {
  if (made) return resumeNeed(made.order);
  return /^https?:/.test(source) ? 'at-once' : 'import-again';
}

/**
 * Brings in the bad files of a stored model again (their names from `verifyStored`), and only those; the model
 * stays as it is until then.
 * @throws AppError what `convert` and `install` throw (`source-changed` where the checkpoint is no longer what the
 *   model was made of), `model-unknown`, and `file-missing` as `orderOf` or for
 *   a package that must be imported again.
 */
export async function repair(
  id: string,
  badFiles: readonly string[],
  watch: ConvertWatch & { readonly given?: GivenFiles } = {},
  makeWorker: () => WorkerLike = startWorker,
): Promise<void> {
  const state = await readState('state', id);
  if (!state) throw new AppError('model-unknown', { modelId: id });
  const need = repairNeed(state);
  if (need === 'import-again') throw new AppError('file-missing', { file: badFiles[0] ?? state.source });
  if (!state.made) return fetchAgain(state, badFiles, watch);
  // A replacement that was paused mends the model as well.
  if (!(await readState('convert', id))) await withModelLock(id, () => beginRepair(state, badFiles));
  try {
    await convert(await orderOf(id, watch.given), watch, makeWorker);
  } catch (error) {
    // Its checkpoint is no longer the one it was made of: only a new conversion can replace the model.
    if (AppError.from(error).code === 'source-changed') await deleteConversion(id);
    throw error;
  }
}

async function fetchAgain(
  { id, source }: ModelState,
  badFiles: readonly string[],
  { onProgress, signal }: ConvertWatch,
): Promise<void> {
  await install(
    { kind: 'url', url: source, id, badFiles },
    {
      ...(signal && { signal }),
      onProgress: ({ bytesDone, bytesTotal, file }) => {
        const download = { doneBytes: bytesDone, totalBytes: bytesTotal };
        const share = bytesTotal === 0 ? 1 : bytesDone / bytesTotal;
        onProgress?.({ phases: { download }, share, item: file }, Date.now());
      },
    },
  );
}

async function run(
  order: Exclude<ToConverter, { kind: 'pause' }>,
  { onProgress, signal }: ConvertWatch,
  makeWorker: () => WorkerLike,
): Promise<Extract<FromConverter, { kind: 'done' | 'checked' }>> {
  if (signal?.aborted) throw new AppError('aborted');
  const worker = makeWorker();
  const tell = (message: ToConverter) => worker.postMessage(message);
  const onAbort = () => tell({ kind: 'pause' });
  try {
    return await new Promise((resolve, reject) => {
      const crash = (message: string) => reject(new AppError('worker-crashed', { message }));
      worker.onmessage = ({ data }: MessageEvent<FromConverter>) => {
        if (data.kind === 'progress') onProgress?.(data.progress, data.lastByteAt);
        else if (data.kind === 'failed') reject(AppError.from(data.error));
        else resolve(data);
      };
      worker.onerror = ({ message }) => crash(message || 'worker error');
      worker.onmessageerror = () => crash('unreadable message');
      signal?.addEventListener('abort', onAbort);
      tell(order);
    });
  } finally {
    signal?.removeEventListener('abort', onAbort);
    worker.terminate();
  }
}
