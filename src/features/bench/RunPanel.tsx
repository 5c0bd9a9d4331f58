/** What is being measured right now, how far it is, and the way out. */

import type { BenchStep } from '../../bench/types';
import { type SpeedTranslator, useSpeedT } from '../../i18n/speed';
import { Button } from '../../ui/Button';
import { Progress } from '../../ui/Progress';
import type { BenchJob } from './bench-store';

export function RunPanel({ job, onCancel }: { job: BenchJob; onCancel: () => void }) {
  const t = useSpeedT();
  const { progress, isCancelling } = job;
  const step = isCancelling
    ? t('bench.cancelling')
    : progress
      ? stepText(t, progress.step)
      : t('bench.preparing');
  const remainingMs = progress?.remainingMs;
  return (
    <div className="flex flex-col gap-3 rounded-lg border border-line bg-raised p-4">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1 basis-56">
          <p role="status" className="font-medium">
            {step}
          </p>
          <p className="numbers min-h-[1.5em] text-soft text-xs">
            {progress && t.percent(progress.fraction)}
            {remainingMs !== undefined &&
              !isCancelling &&
              ` · ${t('bench.remaining', { time: t.duration(remainingMs) })}`}
          </p>
        </div>
        <Button disabled={isCancelling} onClick={onCancel}>
          {t('dialog.cancel')}
        </Button>
      </div>
      <Progress label={t('bench.running')} value={progress?.fraction} />
      <p className="text-soft text-xs">{t('bench.stay')}</p>
    </div>
  );
}

function stepText(t: SpeedTranslator, { section, shape, tokens }: BenchStep): string {
  const part = t(`bench.step.${section}`, { tokens });
  return shape ? t('bench.stepOf', { step: part, shape: t(`bench.shapeName.${shape}`) }) : part;
}
