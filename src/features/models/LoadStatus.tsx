/** How the load of a model goes: its four phases in order, each with its own bar, and the bytes. */
import type { EngineProgress, LoadPhase } from '../../engine/progress';
import { useT } from '../../i18n/language';
import { cx } from '../../ui/cx';
import { Progress } from '../../ui/Progress';

/** Storing a shard follows its check at once; to the user both are "verify". */
const STEPS: readonly {
  readonly name: 'download' | 'verify' | 'gpu' | 'warmup';
  readonly phases: readonly LoadPhase[];
}[] = [
  { name: 'download', phases: ['download'] },
  { name: 'verify', phases: ['verify', 'store'] },
  { name: 'gpu', phases: ['gpu'] },
  { name: 'warmup', phases: ['warmup', 'ready'] },
];

export function LoadStatus({ modelName, progress }: { modelName: string; progress: EngineProgress | null }) {
  const t = useT();
  const title = t('model.loadingTitle', { model: modelName });
  return (
    <section aria-label={title} className="flex flex-col gap-1.5 px-2">
      <p className="flex items-baseline justify-between gap-3 text-soft text-xs">
        <span className="truncate">{title}</span>
        {progress && progress.bytesTotal > 0 && (
          <span className="numbers shrink-0 text-faint">
            {t('model.bytesOf', { doneBytes: progress.bytesDone, totalBytes: progress.bytesTotal })}
          </span>
        )}
      </p>
      {progress?.phase === 'library' ? (
        <>
          <Progress label={title} value={progress.progress} />
          <p className="truncate text-2xs text-faint">{progress.text}</p>
        </>
      ) : (
        <FourSteps title={title} progress={progress} />
      )}
    </section>
  );
}

function FourSteps({ title, progress }: { title: string; progress: EngineProgress | null }) {
  const t = useT();
  const current = progress ? STEPS.findIndex(({ phases }) => phases.includes(progress.phase)) : 0;
  return (
    <div
      role="progressbar"
      aria-label={title}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round((progress?.progress ?? 0) * 100)}
      aria-valuetext={t(`model.phase.${STEPS[current]?.name ?? 'download'}`)}
      className="grid grid-cols-4 gap-1.5"
    >
      {STEPS.map(({ name }, at) => (
        <div key={name} className="flex min-w-0 flex-col gap-1">
          <div className="h-1 overflow-hidden rounded-full bg-line">
            <div
              className="h-full rounded-full bg-accent transition-[width] duration-150"
              style={{ width: `${100 * (at < current ? 1 : at > current ? 0 : shareOf(progress))}%` }}
            />
          </div>
          <span className={cx('truncate text-2xs', at === current ? 'text-ink' : 'text-faint')}>
            {t(`model.phase.${name}`)}
          </span>
        </div>
      ))}
    </div>
  );
}

function shareOf(progress: EngineProgress | null): number {
  if (!progress) return 0;
  if (progress.phase === 'ready') return 1;
  return progress.bytesTotal > 0 ? progress.bytesDone / progress.bytesTotal : 0.5;
}
