/** How the load of a model goes: its four phases in order, each with its own bar, and the bytes. */
import { useT } from '../../i18n/language';
import { cx } from '../../ui/cx';
import { Progress } from '../../ui/Progress';
import { type LoadSteps, STEPS } from './load-steps';

export function LoadStatus({ modelName, steps }: { modelName: string; steps: LoadSteps }) {
  const t = useT();
  const title = t('model.loadingTitle', { model: modelName });
  return (
    <section aria-label={title} className="flex flex-col gap-1.5 px-2">
      <p className="flex items-baseline justify-between gap-3 text-soft text-xs">
        <span className="truncate">{title}</span>
        {steps.totalBytes > 0 && (
          <span className="numbers shrink-0 text-faint">
            {t('model.bytesOf', { doneBytes: steps.doneBytes, totalBytes: steps.totalBytes })}
          </span>
        )}
      </p>
      {steps.text === undefined ? (
        <FourBars title={title} steps={steps} />
      ) : (
        <>
          <Progress label={title} value={steps.total} />
          <p className="truncate text-2xs text-faint">{steps.text}</p>
        </>
      )}
    </section>
  );
}

function FourBars({ title, steps }: { title: string; steps: LoadSteps }) {
  const t = useT();
  const { current, shares, total } = steps;
  return (
    <div
      role="progressbar"
      aria-label={title}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(total * 100)}
      aria-valuetext={`${t(`model.phase.${current}`)}, ${t.percent(total)}`}
      className="grid grid-cols-4 gap-1.5"
    >
      {STEPS.map((step) => (
        <div key={step} className="flex min-w-0 flex-col gap-1">
          <div className="h-1 overflow-hidden rounded-full bg-line">
            <div
              className={cx(
                'h-full rounded-full bg-accent transition-[width] duration-150',
                // Full, but the next phase has not begun: something is still going on.
                step === current && shares[step] === 1 && 'motion-safe:animate-pulse',
              )}
              style={{ width: `${100 * shares[step]}%` }}
            />
          </div>
          <span className={cx('truncate text-2xs', step === current ? 'text-ink' : 'text-faint')}>
            {t(`model.phase.${step}`)}
          </span>
        </div>
      ))}
    </div>
  );
}
