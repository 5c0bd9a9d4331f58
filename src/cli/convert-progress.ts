/** Progress of a conversion on standard error: one line that rewrites itself, or a line per tenth of the way. */
import type { ConvertPhase, ConvertProgress, PhaseBytes } from '../convert/progress';

/** Speed is that of the last so many milliseconds, so that a pause of the network shows and is forgotten. */
const WINDOW_MS = 15_000;
const SHOW_EVERY_MS = 100;
const BAR_CELLS = 20;

/** Writing and reading back go together: one number says both. */
const SHOWN: readonly (readonly [ConvertPhase, string])[] = [
  ['download', 'read'],
  ['merge', 'merged'],
  ['quantize', 'converted'],
  ['write', 'written'],
];

export interface ProgressLine {
  show(progress: ConvertProgress): void;
  /** Leaves the line, so that what follows starts on its own. */
  end(): void;
}

interface Sample {
  readonly atMs: number;
  readonly readBytes: number;
  readonly share: number;
}

export function progressLine(): ProgressLine {
  const isTerminal = process.stderr.isTTY;
  const samples: Sample[] = [];
  let shownStep = -1;
  let shownAtMs = Number.NEGATIVE_INFINITY;
  return {
    show(progress) {
      const atMs = performance.now();
      const { share } = progress;
      samples.push({ atMs, readBytes: progress.phases.download?.doneBytes ?? 0, share });
      while (samples.length > 2 && samples[0]!.atMs < atMs - WINDOW_MS) samples.shift();
      const step = Math.floor(share * 10);
      if (isTerminal ? share < 1 && atMs - shownAtMs < SHOW_EVERY_MS : step === shownStep) return;
      shownStep = step;
      shownAtMs = atMs;
      const line = progressText(progress, paceText(samples));
      if (isTerminal) process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 120) - 1)}`);
      else console.error(line);
    },
    end() {
      if (isTerminal && shownStep >= 0) process.stderr.write('\n');
      shownStep = -1;
    },
  };
}

function progressText({ share, phases, item }: ConvertProgress, pace: string): string {
  const cells = Math.floor(share * BAR_CELLS);
  const bar = `${'#'.repeat(cells)}${'.'.repeat(BAR_CELLS - cells)}`;
  const parts = SHOWN.flatMap(([phase, word]) => {
    const bytes = phases[phase];
    return bytes ? [`${word} ${bytesText(bytes)}`] : [];
  });
  return `[${bar}] ${Math.floor(share * 100)} %  ${parts.join(', ')}${pace}  ${item}`.trimEnd();
}

function bytesText({ doneBytes, totalBytes }: PhaseBytes): string {
  return `${(doneBytes / 1e6).toFixed(0)}/${(totalBytes / 1e6).toFixed(0)} MB`;
}

/** Speed of reading, and how long the rest will take at the pace of the last while. */
function paceText(samples: readonly Sample[]): string {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const seconds = (last.atMs - first.atMs) / 1000;
  const share = last.share - first.share;
  if (seconds < 0.5 || share <= 0 || last.share === 1) return '';
  const speed = (last.readBytes - first.readBytes) / 1e6 / seconds;
  return `  ${speed.toFixed(1)} MB/s, ${durationText(((1 - last.share) / share) * seconds)} left`;
}

function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
