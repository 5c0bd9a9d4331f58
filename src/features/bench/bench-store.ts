/**
 * One benchmark at a time, its result, and another one to compare it with. The model in the engine makes room
 * first, since two cannot share a GPU fairly; it comes back when the user says so.
 */
import { create, type StoreApi, type UseBoundStore } from 'zustand';
import { parseBenchResult } from '../../bench/schema';
import type { BenchConfig, BenchProgress, BenchResult } from '../../bench/types';
import { AppError } from '../../core/errors';
import type { BenchPorts } from './ports';

export interface BenchJob {
  readonly config: BenchConfig;
  /** null until the worker says the first word. */
  readonly progress: BenchProgress | null;
  readonly isCancelling: boolean;
}

export interface BenchState {
  readonly job: BenchJob | null;
  /** Of the last run that was finished or opened from a file. */
  readonly result: BenchResult | null;
  readonly other: BenchResult | null;
  /** What ended the last run. */
  readonly error: AppError | null;
  /** Why a file could not be opened. */
  readonly fileError: AppError | null;
  /** The model that was unloaded for a run and is not back yet. */
  readonly displaced: string | null;

  /** Shows the result that is kept from an earlier visit, if any. */
  boot(): Promise<void>;
  /** Does nothing while one runs. Never rejects. */
  start(config: BenchConfig): Promise<void>;
  /** What failed last, once more. */
  retry(): Promise<void>;
  cancel(): void;
  /** A result file: to compare with where there is a result, else to look at. */
  open(file: File): Promise<void>;
  closeOther(): void;
  /** Brings the displaced model back. */
  restore(): Promise<void>;
}

export type BenchStore = UseBoundStore<StoreApi<BenchState>>;

export function createBenchStore(ports: BenchPorts): BenchStore {
  let running: AbortController | undefined;
  let lastConfig: BenchConfig | undefined;
  return create<BenchState>()((set, get) => ({
    job: null,
    result: null,
    other: null,
    error: null,
    fileError: null,
    displaced: null,

    async boot() {
      if (get().result || get().job) return;
      try {
        const text = await ports.kept.read();
        if (text === undefined) return;
        const kept = parseBenchResult(text, '');
        if (!get().result && !get().job) set({ result: kept });
      } catch {
        // Of a version that is no longer understood, or out of reach: the next run writes another.
      }
    },

    async start(config) {
      if (running) return;
      const cancel = new AbortController();
      running = cancel;
      lastConfig = config;
      set({ job: { config, progress: null, isCancelling: false }, error: null });
      const sleepAgain = ports.keepAwake();
      try {
        const displaced = await ports.unloadModel();
        if (displaced !== undefined) set({ displaced });
        if (cancel.signal.aborted) throw new AppError('aborted');
        const result = await ports.run(config, {
          signal: cancel.signal,
          onProgress: (progress) => set(({ job }) => (job ? { job: { ...job, progress } } : {})),
        });
        set({ result });
        // Kept for the next visit only; it is shown, and can be saved as a file, in any case.
        await ports.kept.write(JSON.stringify(result)).catch(() => {});
      } catch (caught) {
        const error = AppError.from(caught);
        if (error.code !== 'aborted') set({ error });
      } finally {
        sleepAgain();
        running = undefined;
        set({ job: null });
      }
    },

    async retry() {
      if (lastConfig) await get().start(lastConfig);
    },

    cancel() {
      running?.abort();
      set(({ job }) => (job ? { job: { ...job, isCancelling: true } } : {}));
    },

    async open(file) {
      try {
        const found = parseBenchResult(await file.text(), file.name);
        set(({ result }) => ({ fileError: null, ...(result ? { other: found } : { result: found }) }));
      } catch (caught) {
        set({ fileError: AppError.from(caught) });
      }
    },

    closeOther: () => set({ other: null }),

    async restore() {
      const { displaced } = get();
      if (displaced === null) return;
      set({ displaced: null });
      // How the load goes is shown where models are.
      await ports.loadModel(displaced).catch(() => undefined);
    },
  }));
}
