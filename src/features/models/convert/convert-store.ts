/**
 * One conversion at a time: idle --start--> running --> idle, with the end of the last one kept until it is
 * dismissed or the next begins. A paused or failed conversion stays among the unfinished ones and goes on from
 * there. Lives outside the screen, so a conversion runs on while the user chats.
 */
import { create, type StoreApi, type UseBoundStore } from 'zustand';
import type { ConvertPhase, ConvertProgress } from '../../../convert/progress';
import { AppError } from '../../../core/errors';
import type { ConvertOrder } from '../../../store/convert-order';
import { NO_PACE, observe, type Pace, type PaceState, paceOf, startPace } from '../pace';
import type { Converter, ConvertResult, UnfinishedConversion } from './ports';

export interface ConvertJob {
  readonly order: ConvertOrder;
  /** null until the first report. */
  readonly progress: ConvertProgress | null;
  /** The one that takes the time now. */
  readonly phase: ConvertPhase;
  readonly pace: Pace;
  readonly isPausing: boolean;
}

export type ConvertEnd =
  | { readonly kind: 'done'; readonly order: ConvertOrder; readonly result: ConvertResult }
  | { readonly kind: 'failed'; readonly order: ConvertOrder; readonly error: AppError };

export interface ConvertState {
  readonly job: ConvertJob | null;
  readonly end: ConvertEnd | null;
  readonly unfinished: readonly UnfinishedConversion[];
  readonly listError: AppError | null;

  /**
   * Resolves with the id of the model, or undefined when it was paused or failed (`end` says why).
   * @throws AppError `busy` while another one runs.
   */
  start(order: ConvertOrder): Promise<string | undefined>;
  /** Stops after what is in hand is stored. */
  pause(): void;
  /** Begins the running one anew from its last stored piece: for a connection that stands still. */
  restart(): void;
  discard(id: string): Promise<void>;
  /** As it was started on this page: files that were given then can still be read. */
  inHand(id: string): ConvertOrder | undefined;
  refresh(): Promise<void>;
  dismiss(): void;
}

export type ConvertStore = UseBoundStore<StoreApi<ConvertState>>;

/** Reports come with every block; the eye needs fewer. */
const SHOWN_EVERY_MS = 100;
/** How often speed, time left and standstill are looked at without a report. */
const TICK_MS = 1000;

export interface ConvertSurroundings {
  readonly now: () => number;
  /** Keeps the screen on until the returned function is called. */
  readonly keepAwake: () => () => void;
  /** Asks the browser to keep what is stored. */
  readonly keepStored: () => Promise<unknown>;
}

export function createConvertStore(converter: Converter, around: ConvertSurroundings): ConvertStore {
  const { now } = around;
  let stopper = new AbortController();
  let restarts = false;
  const orders = new Map<string, ConvertOrder>();

  return create<ConvertState>()((set, get) => {
    const showJob = (patch: Partial<ConvertJob>) =>
      set(({ job }) => (job ? { job: { ...job, ...patch } } : {}));

    const run = async (order: ConvertOrder): Promise<ConvertResult> => {
      stopper = new AbortController();
      restarts = false;
      const meter = createMeter(now, showJob, get().job?.progress?.share ?? 0);
      const ticker = setInterval(meter.show, TICK_MS);
      try {
        const result = await converter.convert(order, { onProgress: meter.report, signal: stopper.signal });
        meter.show();
        return result;
      } catch (error) {
        // Asked to begin anew from the last stored piece, not to stop.
        if (!restarts) throw error;
        showJob({ isPausing: false, pace: NO_PACE });
        return await run(order);
      } finally {
        clearInterval(ticker);
      }
    };

    return {
      job: null,
      end: null,
      unfinished: [],
      listError: null,

      async start(order) {
        if (get().job) throw new AppError('busy');
        set({
          job: { order, progress: null, phase: 'download', pace: NO_PACE, isPausing: false },
          end: null,
        });
        orders.set(order.id, order);
        const release = around.keepAwake();
        // Asked here because here the reason is plain to see; a refusal changes nothing.
        void around.keepStored().catch(() => {});
        try {
          const result = await run(order);
          set({ end: { kind: 'done', order, result } });
          return result.modelId;
        } catch (caught) {
          const error = AppError.from(caught);
          // Files that have changed or gone must be given anew.
          if (error.code === 'source-changed' || error.code === 'file-missing') orders.delete(order.id);
          if (error.code !== 'aborted') set({ end: { kind: 'failed', order, error } });
          return undefined;
        } finally {
          release();
          set({ job: null });
          await get().refresh();
        }
      },

      pause() {
        restarts = false;
        showJob({ isPausing: true });
        stopper.abort();
      },

      restart() {
        if (!get().job) return;
        restarts = true;
        stopper.abort();
      },

      async discard(id) {
        await converter.removeConversion(id);
        orders.delete(id);
        set(({ end }) => (end?.kind === 'failed' && end.order.id === id ? { end: null } : {}));
        await get().refresh();
      },

      inHand: (id) => orders.get(id),

      async refresh() {
        try {
          set({ unfinished: await converter.listConversions(), listError: null });
        } catch (error) {
          set({ listError: AppError.from(error) });
        }
      },

      dismiss: () => set({ end: null }),
    };
  });
}

/** Turns the reports of one run into what is shown: not too often, never falling. */
function createMeter(now: () => number, showJob: (patch: Partial<ConvertJob>) => void, startShare: number) {
  let latest: ConvertProgress | undefined;
  let state: PaceState | undefined;
  let shownAt = Number.NEGATIVE_INFINITY;

  const show = () => {
    if (!latest || !state) return;
    shownAt = now();
    showJob({ progress: latest, phase: state.phase as ConvertPhase, pace: paceOf(state, shownAt) });
  };
  const report = (progress: ConvertProgress, lastByteAt: number) => {
    const share = Math.max(latest?.share ?? startShare, Math.min(1, progress.share));
    latest = { ...progress, share };
    const phase = currentPhase(progress);
    const bytes = progress.phases[phase]?.doneBytes ?? 0;
    const seen = { phase, bytes, share, heardAt: lastByteAt };
    state = state ? observe(state, seen, now()) : startPace(seen, now());
    if (share === 1 || now() - shownAt >= SHOWN_EVERY_MS) show();
  };
  return { report, show };
}

/**
 * Phases overlap. The one to name is the first that is not through: what comes after it waits for it. Of the
 * first three only the download waits for something outside; once it is through, quantising is the work.
 */
export function currentPhase({ phases }: ConvertProgress): ConvertPhase {
  const isOpen = (phase: ConvertPhase) => {
    const bytes = phases[phase];
    return bytes !== undefined && bytes.doneBytes < bytes.totalBytes;
  };
  return (['download', 'merge', 'quantize', 'write', 'verify'] as const).find(isOpen) ?? 'verify';
}
