/**
 * Whether the files of stored models are still what they were, and mending them:
 *
 *   (unknown) --look--> lost            the browser no longer has some file in full length
 *   any --check--> checking --> sound | bad
 *   lost, bad --repair--> repairing --> sound | failed
 *
 * A check reads every byte; looking only asks the database for lengths.
 */
import { create } from 'zustand';
import { AppError } from '../../core/errors';
import type { GivenFiles, ResumeNeed, StoredOrder } from '../../store/convert-order';
import { isWhole, listModels } from '../../store/weights';
import { repair, repairNeed } from '../../worker/convert-client';
import { verifyStored } from '../../worker/install-client';

export type Health =
  | { readonly kind: 'lost' }
  | { readonly kind: 'checking'; readonly share: number }
  | { readonly kind: 'sound'; readonly isRepaired: boolean }
  | {
      readonly kind: 'bad';
      readonly files: readonly string[];
      readonly need: ResumeNeed | 'import-again';
      /** Of a model that was converted here. */
      readonly order?: StoredOrder;
    }
  | { readonly kind: 'repairing'; readonly share: number }
  | { readonly kind: 'failed'; readonly error: AppError };

interface CheckState {
  readonly health: Readonly<Record<string, Health>>;
  /** Marks the models of which a file is gone. */
  look(): Promise<void>;
  /** Resolves when it is through; the result is in `health`. */
  check(id: string): Promise<void>;
  repair(id: string, files: readonly string[], given?: GivenFiles): Promise<void>;
  stop(id: string): void;
  forget(id: string): void;
}

export const useChecks = create<CheckState>()((set, get) => {
  const stoppers = new Map<string, AbortController>();
  const put = (id: string, health: Health) => set((state) => ({ health: { ...state.health, [id]: health } }));

  /** Runs to an end or a failure; stopped, the model is as unknown as before. */
  const run = async (id: string, work: (signal: AbortSignal) => Promise<Health>) => {
    const stopper = new AbortController();
    stoppers.set(id, stopper);
    try {
      put(id, await work(stopper.signal));
    } catch (caught) {
      const error = AppError.from(caught);
      if (error.code === 'aborted') get().forget(id);
      else put(id, { kind: 'failed', error });
    } finally {
      stoppers.delete(id);
    }
  };

  return {
    health: {},

    async look() {
      for (const state of await listModels()) {
        if (get().health[state.id] || (await isWhole(state))) continue;
        put(state.id, { kind: 'lost' });
      }
    },

    check: (id) =>
      run(id, async (signal) => {
        put(id, { kind: 'checking', share: 0 });
        const files = await verifyStored(id, {
          signal,
          onProgress: ({ bytesDone, bytesTotal }) =>
            put(id, { kind: 'checking', share: bytesDone / Math.max(1, bytesTotal) }),
        });
        if (files.length === 0) return { kind: 'sound', isRepaired: false };
        const state = (await listModels()).find((model) => model.id === id);
        if (!state) throw new AppError('model-unknown', { modelId: id });
        return {
          kind: 'bad',
          files,
          need: repairNeed(state),
          ...(state.made && { order: state.made.order }),
        };
      }),

    repair: (id, files, given = {}) =>
      run(id, async (signal) => {
        put(id, { kind: 'repairing', share: 0 });
        await repair(id, files, {
          signal,
          given,
          onProgress: ({ share }) => put(id, { kind: 'repairing', share }),
        });
        return { kind: 'sound', isRepaired: true };
      }),

    stop: (id) => stoppers.get(id)?.abort(),

    forget: (id) =>
      set(({ health }) => {
        const { [id]: _, ...others } = health;
        return { health: others };
      }),
  };
});
