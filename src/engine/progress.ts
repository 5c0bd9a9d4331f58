/** How a model that is being loaded reports on itself; the same object crosses the worker boundary. */
import type { InitProgressReport } from '@mlc-ai/web-llm';

/**
 * In this order: bytes come in and are checked (only when the model is not stored yet), go to the GPU while the
 * kernels are compiled; what is still to compile then, kernels tried against each other (once per adapter and shape),
 * and each used once. `library` is the stock engine's own, which says only a text.
 */
export const LOAD_PHASES = [
  'download',
  'verify',
  'store',
  'gpu',
  'compile',
  'tune',
  'warmup',
  'ready',
  'library',
] as const;
export type LoadPhase = (typeof LOAD_PHASES)[number];

/** One step of a phase; the engine turns it into a fraction of the whole. */
export interface PhaseProgress {
  readonly phase: LoadPhase;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly file?: string;
}

/** web-llm's report (`progress` 0..1, never falling) with the figures behind it. */
export interface EngineProgress extends InitProgressReport {
  readonly phase: LoadPhase;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly file?: string;
}
