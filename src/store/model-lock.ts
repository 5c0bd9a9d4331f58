/** One writer per model among all tabs and workers, through Web Locks where the browser has them. */
import { AppError } from '../core/errors';

/** Waits for its turn. @throws AppError `aborted` while waiting, and what `work` throws. */
export async function withModelLock<T>(
  id: string,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return work();
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
