/** The conversion that is running: one bar for the whole, its phases, speed and time left, and what to do about a standstill. */
import { Pause } from 'lucide-react';
import { CONVERT_PHASES, type ConvertPhase, type ConvertProgress } from '../../../convert/progress';
import { useCatalogueT } from '../../../i18n/catalogue';
import type { ConvertOrder } from '../../../store/convert-order';
import { Button } from '../../../ui/Button';
import { cx } from '../../../ui/cx';
import { Notice } from '../../../ui/Notice';
import type { ConvertJob, ConvertStore } from './convert-store';
import { PaceText } from './PaceText';

export function ConvertPanel({ useConvert }: { useConvert: ConvertStore }) {
  const job = useConvert((state) => state.job);
  const pause = useConvert((state) => state.pause);
  const restart = useConvert((state) => state.restart);
  return job && <Running job={job} onPause={pause} onRestart={restart} />;
}

interface RunningProps {
  readonly job: ConvertJob;
  readonly onPause: () => void;
  readonly onRestart: () => void;
}

function Running({ job, onPause, onRestart }: RunningProps) {
  const t = useCatalogueT();
  const { order, progress, pace, phase, isPausing } = job;
  const title = t('convert.running', { model: order.name });
  const share = progress?.share ?? 0;
  return (
    <section
      aria-label={title}
      className="flex flex-col gap-3 rounded-lg border border-line bg-raised px-4 py-3"
    >
      <div className="flex items-center justify-between gap-3">
        <h2 className="min-w-0 font-semibold [overflow-wrap:anywhere]">{title}</h2>
        <Button icon={Pause} disabled={isPausing} onClick={onPause}>
          {t(isPausing ? 'convert.pausing' : 'convert.pause')}
        </Button>
      </div>
      <div className="flex flex-col gap-1.5">
        <div
          role="progressbar"
          aria-label={title}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.floor(share * 100)}
          aria-valuetext={`${wholePercent(share)}, ${t(phaseKey(order, phase))}`}
          className="h-1.5 overflow-hidden rounded-full bg-line"
        >
          {progress ? (
            <div
              className="h-full rounded-full bg-accent transition-[width] duration-300"
              style={{ width: `${share * 100}%` }}
            />
          ) : (
            <div className="indeterminate h-full w-1/3 rounded-full bg-accent" />
          )}
        </div>
        <p className="numbers flex flex-wrap justify-between gap-x-3 text-soft text-xs">
          <span>{wholePercent(share)}</span>
          {isPausing ? (
            <span>{t('convert.storing')}</span>
          ) : progress ? (
            <PaceText pace={pace} />
          ) : (
            <span>{t('convert.opening')}</span>
          )}
        </p>
      </div>
      {progress && <Phases job={job} progress={progress} />}
      {pace.isStalled && !isPausing && (
        <Notice kind="warn" action={<Button onClick={onRestart}>{t('convert.retry')}</Button>}>
          {t('convert.stalled')}
        </Notice>
      )}
      <p className="text-faint text-xs">{t('convert.goesOn')}</p>
      {/* Quarters only: a screen reader is not to be talked over. */}
      <span role="status" className="sr-only">
        {share >= 0.25 && `${title}: ${wholePercent(Math.floor(share * 4) / 4)}`}
      </span>
    </section>
  );
}

/** 100 % only when all is done. */
const wholePercent = (share: number) => `${Math.floor(share * 100)}%`;

/** What is on this machine is read, not downloaded. */
function phaseKey({ source, base }: ConvertOrder, phase: ConvertPhase) {
  const isLocal = source.kind === 'files' && (!base || base.kind === 'files');
  return phase === 'download' && isLocal ? 'convert.phase.read' : (`convert.phase.${phase}` as const);
}

function Phases({ job, progress }: { job: ConvertJob; progress: ConvertProgress }) {
  const t = useCatalogueT();
  const shown = CONVERT_PHASES.flatMap((phase) => {
    const bytes = progress.phases[phase];
    return bytes ? [{ phase, ...bytes }] : [];
  });
  return (
    <ul className="grid grid-cols-2 gap-x-4 gap-y-2 sm:auto-cols-fr sm:grid-flow-col sm:grid-cols-none">
      {shown.map(({ phase, doneBytes, totalBytes }) => (
        <li key={phase} className="flex min-w-0 flex-col gap-1">
          <span className={cx('truncate text-xs', phase === job.phase ? 'text-ink' : 'text-soft')}>
            {t(phaseKey(job.order, phase))}
          </span>
          <div aria-hidden className="h-1 overflow-hidden rounded-full bg-line">
            <div
              className="h-full rounded-full bg-accent/70"
              style={{ width: `${Math.min(100, (100 * doneBytes) / Math.max(1, totalBytes))}%` }}
            />
          </div>
          <span className="numbers truncate text-2xs text-faint">
            {t('model.bytesOf', { doneBytes, totalBytes })}
          </span>
        </li>
      ))}
    </ul>
  );
}
