/**
 * Notices a worker that died without an event: while answers are outstanding it pings, and after several
 * unanswered intervals in a row it gives the worker up. It counts intervals instead of reading the clock,
 * so that a frozen tab, whose timers and worker stand still together, is not taken for a crash.
 */
export interface WatchdogOptions {
  /** True while the page waits for the worker. */
  readonly isWaiting: () => boolean;
  readonly ping: () => Promise<unknown>;
  readonly onSilence: () => void;
  readonly intervalMs?: number;
  /** Unanswered intervals before the worker counts as dead: long, since compiling blocks a worker. */
  readonly patience?: number;
}

export class Watchdog {
  private readonly timer: ReturnType<typeof setInterval>;
  private isPinging = false;
  private misses = 0;

  constructor(private readonly options: WatchdogOptions) {
    this.timer = setInterval(() => this.tick(), options.intervalMs ?? 20_000);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    if (this.isPinging) {
      this.misses += 1;
      if (this.misses >= (this.options.patience ?? 6)) {
        this.stop();
        this.options.onSilence();
      }
      return;
    }
    if (!this.options.isWaiting()) return;
    this.isPinging = true;
    this.misses = 0;
    const answered = () => {
      this.isPinging = false;
    };
    // A rejected ping is an answer too; a crash that is already known stops this timer elsewhere.
    this.options.ping().then(answered, answered);
  }
}
