/** How long a host may be silent, and how often and how patiently a request is made again. */
import { AppError } from '../../core/errors';

export interface SourceTiming {
  /** Without a byte for so long, a connection counts as stalled. */
  readonly stallMs: number;
  /** Faults in a row before giving up. */
  readonly retries: number;
  /** Before the first repetition; doubled each time. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
  /** A host that asks for a longer wait is obeyed by stopping. */
  readonly maxWaitMs: number;
  /** So many bytes without a fault forgive the faults before them. */
  readonly forgiveBytes: number;
}

export const DEFAULT_TIMING: SourceTiming = {
  stallMs: 30_000,
  retries: 6,
  pauseMs: 1000,
  maxPauseMs: 20_000,
  maxWaitMs: 60_000,
  forgiveBytes: 1 << 20,
};

/** A fault that may pass when the request is made again. */
export class Interrupted extends Error {
  constructor(
    /** What to say when it does not. */
    readonly final: AppError,
    readonly about: {
      /** What the host asked to wait. */
      readonly waitMs?: number | undefined;
      /** Fewer repetitions than usual are worth it. */
      readonly retries?: number | undefined;
    } = {},
  ) {
    super(final.message, { cause: final });
  }
}

/** Counts the faults of one piece of work and pauses between them. */
export class Patience {
  private faults = 0;
  private goodBytes = 0;

  constructor(
    private readonly timing: SourceTiming,
    private readonly signals: readonly (AbortSignal | undefined)[],
  ) {}

  received(bytes: number): void {
    this.goodBytes += bytes;
    if (this.goodBytes < this.timing.forgiveBytes) return;
    this.goodBytes = 0;
    this.faults = 0;
  }

  /**
   * Returns when it is time to try again; rethrows what is no `Interrupted`. Throws what the fault says when
   * there were too many, `source-limited` {host, waitSeconds} for too long a wait, `aborted`.
   */
  async afterFault(fault: unknown): Promise<void> {
    if (!(fault instanceof Interrupted)) throw fault;
    const { timing } = this;
    const { waitMs, retries = timing.retries } = fault.about;
    if (waitMs !== undefined && waitMs > timing.maxWaitMs) {
      const { host = '' } = fault.final.details;
      throw new AppError('source-limited', { host, waitSeconds: Math.ceil(waitMs / 1000) }, fault.final);
    }
    this.faults++;
    this.goodBytes = 0;
    if (this.faults > Math.min(retries, timing.retries)) throw fault.final;
    const pauseMs = Math.min(timing.maxPauseMs, timing.pauseMs * 2 ** (this.faults - 1));
    await sleep(Math.max(waitMs ?? 0, pauseMs), this.signals);
  }
}

/** Throws AppError `aborted`. */
function sleep(ms: number, signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener('abort', onAbort);
      settle();
    };
    const onAbort = () => end(() => reject(new AppError('aborted')));
    const timer = setTimeout(() => end(resolve), ms);
    for (const signal of signals) signal?.addEventListener('abort', onAbort, { once: true });
    if (signals.some((signal) => signal?.aborted)) onAbort();
  });
}
