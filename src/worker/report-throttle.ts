/**
 * Passes on at most ten reports a second, and the newest of those held back soon after, so that what is shown
 * is never old and the last report is the exact one. Notes when bytes came in.
 */
import type { ConvertProgress } from '../convert/progress';

const EVERY_MS = 100;

export class ReportThrottle {
  private heldBack: ConvertProgress | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private saidAt = Number.NEGATIVE_INFINITY;
  private arrivedBytes = 0;
  private lastByteAt: number;

  /** @param now milliseconds since the epoch. */
  constructor(
    private readonly say: (progress: ConvertProgress, lastByteAt: number) => void,
    private readonly now: () => number = Date.now,
  ) {
    this.lastByteAt = now();
  }

  readonly report = (progress: ConvertProgress): void => {
    const { doneBytes } = progress.phases.download ?? { doneBytes: 0 };
    if (doneBytes > this.arrivedBytes) {
      this.arrivedBytes = doneBytes;
      this.lastByteAt = this.now();
    }
    this.heldBack = progress;
    const waitMs = this.saidAt + EVERY_MS - this.now();
    if (waitMs <= 0) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), waitMs);
  };

  /** Says what was held back; to be called before the end is told. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.heldBack) return;
    this.saidAt = this.now();
    this.say(this.heldBack, this.lastByteAt);
    this.heldBack = undefined;
  }
}
