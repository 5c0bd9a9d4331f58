/** Turns the phases of a load into one fraction that never falls and ends at exactly 1. */
import type { EngineProgress, PhaseProgress } from './progress';

/** Where each phase lies on the bar: with a download before it, and for a model that is stored already. */
const WITH_DOWNLOAD = { download: [0, 0.7], gpu: [0.7, 0.93] } as const;
const FROM_STORE = { download: [0, 0], gpu: [0, 0.93] } as const;
/** Of these nobody knows how long they take; each moves the bar a little when it begins. */
const AT_THE_END = { compile: 0.95, tune: 0.97, warmup: 0.99 } as const;

const LABELS: Readonly<Record<PhaseProgress['phase'], string>> = {
  download: 'Fetching',
  verify: 'Checking',
  store: 'Storing',
  gpu: 'Moving weights to the GPU',
  compile: 'Compiling kernels',
  tune: 'Choosing kernels',
  warmup: 'Preparing the GPU',
  ready: 'Ready',
  library: 'Loading',
};

export class LoadMeter {
  private fraction = 0;
  private hasDownload = false;
  private readonly startedMs = performance.now();

  constructor(private readonly report: (progress: EngineProgress) => void) {}

  readonly update = (step: PhaseProgress): void => {
    const { phase, bytesDone, bytesTotal } = step;
    if (phase === 'download') this.hasDownload = true;
    const plan = this.hasDownload ? WITH_DOWNLOAD : FROM_STORE;
    const share = bytesTotal > 0 ? Math.min(1, bytesDone / bytesTotal) : 0;
    let fraction = this.fraction;
    // Checking and storing happen file by file between downloads: they change the words, not the bar.
    if (phase === 'download' || phase === 'gpu') {
      const [from, to] = plan[phase];
      fraction = from + (to - from) * share;
    } else if (phase === 'compile' || phase === 'tune' || phase === 'warmup') fraction = AT_THE_END[phase];
    else if (phase === 'ready') fraction = 1;
    this.fraction = Math.max(this.fraction, fraction);
    const text = `${LABELS[phase]}${step.file ? ` ${step.file}` : ''}${sizes(bytesDone, bytesTotal)}`;
    const timeElapsed = (performance.now() - this.startedMs) / 1000;
    this.report({ ...step, progress: this.fraction, timeElapsed, text });
  };
}

function sizes(done: number, total: number): string {
  if (total <= 0) return '';
  const mega = (bytes: number) => (bytes / 1e6).toFixed(1);
  return ` (${mega(done)} of ${mega(total)} MB)`;
}
