/** Counts what a conversion has done and reports it: see progress.ts for what the numbers mean. */
import type { ConvertPhase, ConvertProgress, PhaseBytes } from './progress';

/** `merge` is absent where nothing is merged. */
export type PhaseTotals = Readonly<Partial<Record<ConvertPhase, number>>>;

/** Bytes that arrive between two reports of nothing but arriving bytes. */
const ARRIVAL_STEP_BYTES = 1 << 20;

/** What is shown before the package has appeared: the last step of all is the one that counts. */
const ALMOST = 0.999;

export class ProgressReport {
  readonly #totals: readonly (readonly [ConvertPhase, number])[];
  readonly #done = new Map<ConvertPhase, number>();
  readonly #onProgress: ((progress: ConvertProgress) => void) | undefined;
  /** Bytes that came in, by the sources' own count, and those of them that were in the last report. */
  #arrivedBytes = 0;
  #reportedBytes = 0;
  #item = '';

  constructor(totals: PhaseTotals, onProgress: ((progress: ConvertProgress) => void) | undefined) {
    this.#totals = Object.entries(totals) as [ConvertPhase, number][];
    this.#onProgress = onProgress;
  }

  /** Bytes of a phase that are done; reported by the next `report`. */
  add(phase: ConvertPhase, bytes: number): void {
    this.#done.set(phase, (this.#done.get(phase) ?? 0) + bytes);
  }

  /** The stored tensor or file in hand. */
  report(item: string): void {
    this.#item = item;
    this.#send(false);
  }

  /**
   * Bytes came in from a source. They show as downloaded before the tensor they belong to is complete; what
   * was read twice, or is no part of a weight, is forgotten when it would be more than there is.
   */
  arrived(bytes: number): void {
    this.#arrivedBytes += bytes;
    if (this.#arrivedBytes - this.#reportedBytes < ARRIVAL_STEP_BYTES) return;
    this.#reportedBytes = this.#arrivedBytes;
    this.#send(false);
  }

  /** From here on what arrives is counted from what is done already. */
  startArrivals(): void {
    this.#arrivedBytes = this.#done.get('download') ?? 0;
    this.#reportedBytes = this.#arrivedBytes;
  }

  /** The package is there: everything is full, and the share 1. */
  finish(): void {
    for (const [phase, total] of this.#totals) this.#done.set(phase, total);
    this.#send(true);
  }

  #send(isFinished: boolean): void {
    if (!this.#onProgress) return;
    const phases: Partial<Record<ConvertPhase, PhaseBytes>> = {};
    let done = 0;
    let whole = 0;
    for (const [phase, totalBytes] of this.#totals) {
      const arrived = phase === 'download' ? this.#arrivedBytes : 0;
      const doneBytes = Math.min(totalBytes, Math.max(arrived, this.#done.get(phase) ?? 0));
      phases[phase] = { doneBytes, totalBytes };
      done += doneBytes;
      whole += totalBytes;
    }
    const share = isFinished ? 1 : Math.min(ALMOST, done / whole);
    this.#onProgress({ phases, share, item: this.#item });
  }
}
