/**
 * One writer per model, and one conversion at a time. Among all tabs and workers through Web Locks; where a
 * browser has none, at least within this thread: two installations that interleave would remove each other's
 * files. A conversion holds its model for hours: who wants the same model is told so instead of waiting.
 */
import { AppError } from '../core/errors';

/** The last one waiting per model, in this thread. */
const queues = new Map<string, Promise<unknown>>();

const CONVERT_LOCK = 'aerie-convert';
const lockName = (id: string) => `aerie-model:${id}`;
/** Where there are no locks: the model that this thread converts. */
let converting: string | undefined;

/**
 * Waits for its turn.
 * @throws AppError `conversion-running` when the model is being converted, `aborted` while waiting, and what
 *   `work` throws.
 */
export async function withModelLock<T>(id: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  if (await isConverting(id)) throw new AppError('conversion-running', { modelId: id });
  return waitForModel(id, work, signal);
}

/** @throws AppError `conversion-running` when any model is being converted, `aborted`, and what `work` throws. */
export async function withConvertLock<T>(
  id: string,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const run = () => waitForModel(id, work, signal);
  const locks = globalThis.navigator?.locks;
  if (locks)
    return locks.request(CONVERT_LOCK, { ifAvailable: true }, (lock) => {
      if (!lock) throw new AppError('conversion-running');
      return run();
    });
  if (converting !== undefined) throw new AppError('conversion-running');
  converting = id;
  try {
    return await run();
  } finally {
    converting = undefined;
  }
}

/** Whether a page or worker converts this model now. */
export async function isConverting(id: string): Promise<boolean> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return converting === id;
  const { held = [] } = await locks.query();
  const clientOf = (name: string) => held.find((lock) => lock.name === name)?.clientId;
  const converter = clientOf(CONVERT_LOCK);
  return converter !== undefined && converter === clientOf(lockName(id));
}

async function waitForModel<T>(id: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return inThread(id, work, signal);
  let hasStarted = false;
  try {
    return await locks.request(lockName(id), { mode: 'exclusive', ...(signal && { signal }) }, () => {
      hasStarted = true;
      return work();
    });
  } catch (error) {
    if (!hasStarted && signal?.aborted) throw new AppError('aborted', {}, error);
    throw error;
  }
}

async function inThread<T>(id: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const before = queues.get(id);
  const turn = (async () => {
    await before;
    if (signal?.aborted) throw new AppError('aborted');
    return work();
  })();
  const settled = turn.catch(() => {});
  queues.set(id, settled);
  try {
    return await turn;
  } finally {
    if (queues.get(id) === settled) queues.delete(id);
  }
}
