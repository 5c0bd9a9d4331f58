/** What to measure, what that takes on this machine, and the start of it. */
import { type ReactNode, useState } from 'react';
import { BENCH_SHAPES, type BenchConfig, type BenchShape } from '../../bench/types';
import { useSpeedT } from '../../i18n/speed';
import type { SpeedSettings } from '../../store/settings';
import { Button } from '../../ui/Button';
import { Choice } from '../../ui/Choice';
import { Dialog } from '../../ui/Dialog';
import { Notice } from '../../ui/Notice';
import { type BenchMachine, type BenchPlan, planBench } from './plan';

interface BenchFormProps {
  readonly machine: BenchMachine;
  readonly speed: SpeedSettings;
  /** In the engine now; it has to make room. */
  readonly loadedModel: string | undefined;
  /** Something runs that must not be cut off. */
  readonly isBusy: boolean;
  /** Where the user says how much memory the GPU has. */
  readonly memoryField: ReactNode;
  readonly onStart: (config: BenchConfig) => void;
}

const EXTENTS = ['quick', 'full'] as const;

export function BenchForm({ machine, speed, loadedModel, isBusy, memoryField, onStart }: BenchFormProps) {
  const t = useSpeedT();
  const [shape, setShape] = useState<BenchShape>(machine.isSoftware ? 'aerie-mini' : 'aquila-7b');
  const [extent, setExtent] = useState<(typeof EXTENTS)[number]>('quick');
  const [isAsking, setIsAsking] = useState(false);
  const plan = planBench({ shape, isQuick: extent === 'quick' }, machine, speed);
  const start = () => {
    setIsAsking(false);
    onStart(plan.config);
  };
  return (
    <div className="flex flex-col gap-4">
      <Choice
        label={t('bench.shape')}
        value={shape}
        options={BENCH_SHAPES.map((value) => ({ value, label: t(`bench.shapeShort.${value}`) }))}
        onChange={setShape}
      />
      <Choice
        label={t('bench.extent')}
        value={extent}
        options={EXTENTS.map((value) => ({ value, label: t(`bench.extent.${value}`) }))}
        onChange={setExtent}
      />
      <p className="numbers text-soft">
        {t('bench.takes', {
          shape: t(`bench.shapeName.${shape}`),
          neededBytes: plan.neededBytes,
          extent: t(`bench.extentHelp.${extent}`),
        })}
      </p>
      {!machine.isSoftware && memoryField}
      <PlanNotes plan={plan} machine={machine} />
      <div className="flex flex-wrap items-center gap-3">
        <Button
          look="primary"
          disabled={isBusy || plan.isTooLarge}
          onClick={() => (loadedModel === undefined ? start() : setIsAsking(true))}
        >
          {t('bench.start')}
        </Button>
        <p className="min-w-0 flex-1 basis-48 text-soft text-xs">
          {t(isBusy ? 'bench.busy' : 'bench.startHelp')}
        </p>
      </div>
      <Dialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        title={t('bench.unloadTitle', { model: loadedModel })}
        actions={
          <>
            <Button onClick={() => setIsAsking(false)}>{t('dialog.cancel')}</Button>
            <Button look="primary" onClick={start}>
              {t('bench.unloadConfirm')}
            </Button>
          </>
        }
      >
        {t('bench.unloadBody')}
      </Dialog>
    </div>
  );
}

/** What will be different from measuring the whole model with room to spare. */
function PlanNotes({ plan, machine }: { plan: BenchPlan; machine: BenchMachine }) {
  const t = useSpeedT();
  const { cut, isTooLarge, layers, neededBytes, totalLayers, wholeBytes } = plan;
  if (isTooLarge) return <Notice kind="warn">{t('bench.tooLarge', { neededBytes })}</Notice>;
  const counts = { layers, total: totalLayers };
  return (
    <>
      {machine.isSoftware && (
        <Notice kind="warn">
          {t('bench.software')}
          {cut === 'software' && ` ${t('bench.scaled', counts)}`}
        </Notice>
      )}
      {cut === 'memory' && (
        <Notice kind="info">
          {t('bench.cutForMemory', { wholeBytes })} {t('bench.scaled', counts)}
        </Notice>
      )}
      {machine.memoryBytes === undefined && !machine.isSoftware && (
        <Notice kind="info">{t('bench.memoryUnknown', { neededBytes })}</Notice>
      )}
    </>
  );
}
