/**
 * Which models there are, which one is in the engine, and how its load goes. One model is loaded at a time;
 * asking for another replaces it. Import is in import-store.ts.
 */
import { create, type StoreApi, type UseBoundStore } from 'zustand';
import { AppError } from '../../core/errors';
import type { ModelInfo } from '../../engine/model-info';
import type { EngineClient, EngineState } from '../../worker/client';
import type { ModelEntry, ModelLibrary } from './library';
import { advance, type LoadSteps, NO_STEPS } from './load-steps';

export interface ModelsState {
  readonly isReady: boolean;
  readonly entries: readonly ModelEntry[];
  readonly engine: EngineState;
  /** Of the load under way, or the last one. */
  readonly steps: LoadSteps;
  /** What the engine says about the loaded model. */
  readonly info: ModelInfo | null;
  readonly listError: AppError | null;

  boot(): Promise<void>;
  refresh(): Promise<void>;
  /** Resolves when the model answers; joins its load when one is under way. The signal ends the waiting, not the load. */
  ensure(modelId: string, signal?: AbortSignal): Promise<void>;
  unload(): Promise<void>;
  /** The model in the engine anew, with what the engine is told by then; resolves as `ensure`. */
  reload(): Promise<void>;
  remove(modelId: string): Promise<void>;
  /** Takes up a model of web-llm's list. */
  addStock(modelId: string): Promise<void>;
}

export type ModelsStore = UseBoundStore<StoreApi<ModelsState>>;

export function createModelsStore(client: EngineClient, library: ModelLibrary): ModelsStore {
  let loading: { readonly modelId: string; readonly done: Promise<void> } | undefined;

  const store = create<ModelsState>()((set, get) => {
    const load = async (modelId: string) => {
      const record = await library.record(modelId);
      set({ steps: NO_STEPS });
      await client.load(record);
      const info = await client.ask('model-info', null).catch(() => null);
      set({ info });
      // A first load stores the model: it now has a size.
      void get().refresh();
    };

    return {
      isReady: false,
      entries: library.known(),
      engine: client.state,
      steps: NO_STEPS,
      info: null,
      listError: null,

      async boot() {
        client.onState((engine) =>
          set(engine.kind === 'loading' || engine.kind === 'none' ? { engine, info: null } : { engine }),
        );
        client.onProgress((report) => set(({ steps }) => ({ steps: advance(steps, report) })));
        await get().refresh();
        set({ isReady: true });
      },

      async refresh() {
        try {
          set({ entries: await library.list(), listError: null });
        } catch (error) {
          set({ listError: AppError.from(error) });
        }
      },

      async ensure(modelId, signal) {
        if (loading?.modelId !== modelId) {
          if (client.modelId === modelId) return;
          const job = { modelId, done: load(modelId) };
          loading = job;
          // Errors reach the state; a load nobody waits for must not be an unhandled rejection.
          job.done
            .catch((caught: unknown) => {
              const error = AppError.from(caught);
              if (loading === job && client.state.kind !== 'failed' && error.code !== 'aborted')
                set({ engine: { kind: 'failed', modelId, error } });
            })
            .finally(() => {
              if (loading === job) loading = undefined;
            });
        }
        await orAborted(loading?.done ?? Promise.resolve(), signal);
      },

      unload: () => client.unload(),

      async reload() {
        const { modelId } = client;
        if (modelId === undefined) return;
        await client.unload();
        await get().ensure(modelId);
      },

      async remove(modelId) {
        if (client.modelId === modelId || loading?.modelId === modelId) await client.unload();
        await library.remove(modelId);
        await get().refresh();
      },

      async addStock(modelId) {
        await library.addStock(modelId);
        await get().refresh();
      },
    };
  });
  return store;
}

async function orAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return work;
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(new AppError('aborted'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

export type ModelStatus = 'idle' | 'loading' | 'ready' | 'failed' | 'incomplete';

export function statusOf(entry: ModelEntry | undefined, modelId: string, engine: EngineState): ModelStatus {
  if (engine.kind !== 'none' && engine.modelId === modelId) {
    if (engine.kind === 'loading' || engine.kind === 'failed') return engine.kind;
    return 'ready';
  }
  return entry && !entry.isComplete ? 'incomplete' : 'idle';
}
