import { CircleCheck, CircleX, LoaderCircle } from 'lucide-react';
import { useCatalogueT } from '../../../i18n/catalogue';
import type { SourceTest } from './source-test';

/** What a test of a source found. */
export function SourceResult({ test }: { test: SourceTest | undefined }) {
  const t = useCatalogueT();
  const text = () => {
    if (!test) return undefined;
    if (test.kind === 'testing')
      return (
        <>
          <LoaderCircle size={15} aria-hidden className="mt-0.5 shrink-0 motion-safe:animate-spin" />
          {t('get.testing')}
        </>
      );
    if (test.kind === 'works')
      return (
        <>
          <CircleCheck size={15} aria-hidden className="mt-0.5 shrink-0 text-accent" />
          <span className="numbers text-ink">
            {t('get.reachable', { count: test.report.files.length, sizeBytes: test.report.sizeBytes })}
          </span>
        </>
      );
    const { error, verdict } = test;
    return (
      <>
        <CircleX size={15} aria-hidden className="mt-0.5 shrink-0 text-danger" />
        <span className="text-ink [overflow-wrap:anywhere]">
          {verdict === 'forbidden' || verdict === 'unreachable' ? t(`get.${verdict}`) : t.error(error)}
        </span>
      </>
    );
  };
  return (
    <div role="status" className="flex gap-1.5 text-xs">
      {text()}
    </div>
  );
}
