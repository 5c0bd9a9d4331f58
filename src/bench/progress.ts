/** Where a run is: each step has a weight, and the time of those done tells what the rest will take. */
import { AppError } from '../core/errors';
import type { BenchProgress, BenchStep } from './types';

/** About the share of a run's time, in any unit. */
export interface WeighedStep {
  readonly step: BenchStep;
  readonly weight: number;
}

export class BenchMeter {
  private readonly totalWeight: number;
  private readonly startedAt: number;
  private doneWeight = 0;
  private running = 0;

  constructor(
    steps: readonly WeighedStep[],
    private readonly onProgress: (progress: BenchProgress) => void = () => {},
    private readonly signal?: AbortSignal,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.totalWeight = steps.reduce((total, { weight }) => total + weight, 0);
    this.startedAt = now();
  }

  /** Counts the step before as done. Throws AppError `aborted`. */
  begin({ step, weight }: WeighedStep): void {
    if (this.signal?.aborted) throw new AppError('aborted');
    this.doneWeight += this.running;
    this.running = weight;
    const fraction = Math.min(1, this.doneWeight / this.totalWeight);
    const remainingMs = ((this.now() - this.startedAt) * (1 - fraction)) / fraction;
    this.onProgress({ fraction, step, ...(fraction > 0 && { remainingMs }) });
  }
}
