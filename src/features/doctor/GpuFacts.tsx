/** The GPU and what it offers, for Settings. */
import { useT } from '../../i18n/language';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { useDoctor } from './doctor-store';

export function GpuFacts() {
  const t = useT();
  const report = useDoctor((state) => state.report);
  const check = useDoctor((state) => state.check);
  if (!report) return <p className="text-soft">{t('doctor.checking')}</p>;
  const { adapter, problem } = report;
  const yesNo = (value: boolean) => t(value ? 'doctor.yes' : 'doctor.no');
  const rows: readonly (readonly [string, string])[] = [
    [t('doctor.secure'), yesNo(report.isSecure)],
    [t('doctor.webgpu'), yesNo(report.hasWebGpu)],
    [t('doctor.adapter'), adapter?.name ?? t('doctor.no')],
    ...(adapter
      ? ([
          [t('doctor.f16'), adapter.f16 ? t('doctor.yes') : t('doctor.f16No')],
          [t('doctor.subgroups'), yesNo(adapter.subgroups)],
          [t('doctor.binding'), t.bytes(adapter.maxBindingBytes)],
          [t('doctor.buffer'), t.bytes(adapter.maxBufferBytes)],
        ] as const)
      : []),
  ];
  return (
    <div className="flex flex-col gap-3">
      {problem && <Notice kind="error">{t.error(problem)}</Notice>}
      {adapter?.isSoftware && <Notice kind="warn">{t('doctor.fallback')}</Notice>}
      <dl className="grid grid-cols-[minmax(7rem,auto)_1fr] gap-x-6 gap-y-1">
        {rows.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-soft">{name}</dt>
            <dd className="numbers [overflow-wrap:anywhere]">{value}</dd>
          </div>
        ))}
      </dl>
      <Button className="self-start" onClick={() => void check()}>
        {t('doctor.again')}
      </Button>
    </div>
  );
}
