/**
 * The four bars of a load. Files are fetched, checked and stored one after the other, so reports of these
 * phases alternate; each bar only ever grows, and a later phase fills the bars before it.
 */
import type { EngineProgress } from '../../engine/progress';

export const STEPS = ['download', 'verify', 'gpu', 'compile'] as const;
export type Step = (typeof STEPS)[number];

export interface LoadSteps {
  /** 0..1 of each step. */
  readonly shares: Readonly<Record<Step, number>>;
  readonly current: Step;
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Of the whole load, 0..1. */
  readonly total: number;
  /** web-llm's own engine tells no phases, only a sentence. */
  readonly text: string | undefined;
}

export const NO_STEPS: LoadSteps = {
  shares: { download: 0, verify: 0, gpu: 0, compile: 0 },
  current: 'download',
  doneBytes: 0,
  totalBytes: 0,
  total: 0,
  text: undefined,
};

/** Storing a file follows its check at once; to the user both are "verify". So are all things done with kernels one. */
const STEP_OF = {
  download: 'download',
  verify: 'verify',
  store: 'verify',
  gpu: 'gpu',
  compile: 'compile',
  tune: 'compile',
  warmup: 'compile',
} as const;

export function advance(before: LoadSteps, report: EngineProgress): LoadSteps {
  const { phase, bytesDone, bytesTotal, progress, text } = report;
  const total = Math.max(before.total, progress);
  if (phase === 'library') return { ...before, total, text };
  if (phase === 'ready')
    return {
      ...before,
      shares: { download: 1, verify: 1, gpu: 1, compile: 1 },
      current: 'compile',
      total: 1,
    };
  const current = STEP_OF[phase];
  // Nobody knows how long a compiler takes: its bar is full from the start, and pulses.
  const share = current === 'compile' ? 1 : bytesTotal > 0 ? Math.min(1, bytesDone / bytesTotal) : 0;
  const isFetching = current === 'download' || current === 'verify';
  const shares = { ...before.shares };
  for (const step of STEPS.slice(0, isFetching ? 0 : STEPS.indexOf(current))) shares[step] = 1;
  shares[current] = Math.max(shares[current], share);
  return {
    shares,
    // While files come in, the bar that has furthest to go is the one to name.
    current: isFetching && shares.download < 1 ? 'download' : current,
    doneBytes: bytesDone,
    totalBytes: bytesTotal,
    total,
    text: undefined,
  };
}
