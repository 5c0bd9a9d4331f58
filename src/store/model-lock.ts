/**
 * One writer per model. Among all tabs and workers through Web Locks; where a browser has none, at least
 * within this thread: two installations that interleave would remove each other's files.
 */
import { AppError } from '../core/errors';

/** The last one waiting per model, in this thread. */
const queues = new Map<string, Promise<unknown>>();

/** Waits for its turn. @throws AppError `aborted` while waiting, and what `work` throws. */
export async function withModelLock<T>(id: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return inThread(id, work, signal);
  let hasStarted = false;
  try {
    return await locks.request(`aerie-model:${id}`, { mode: 'exclusive', ...(signal && { signal }) }, () => {
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
