/** The benchmark's screen: what runs, what came out, and the start of another. Leaving it ends a run. */
import { Download, FolderOpen } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import type { BenchResult } from '../../bench/types';
import { useSpeedT } from '../../i18n/speed';
import type { SpeedSettings } from '../../store/settings';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { Section } from '../../ui/Section';
import { showToast } from '../../ui/toast';
import { BenchForm } from './BenchForm';
import type { BenchStore } from './bench-store';
import { Comparison } from './Comparison';
import type { BenchMachine } from './plan';
import { Report } from './Report';
import { RunPanel } from './RunPanel';
import { saveResult } from './result-file';

interface BenchViewProps {
  readonly useBench: BenchStore;
  /** undefined while the GPU is being looked at, or where there is none. */
  readonly machine: BenchMachine | undefined;
  /** Instead of the form, where nothing can be measured. */
  readonly problem: ReactNode;
  readonly speed: SpeedSettings;
  readonly loadedModel: string | undefined;
  readonly isBusy: boolean;
  readonly memoryField: ReactNode;
}

export function BenchView({ useBench, machine, problem, ...form }: BenchViewProps) {
  const t = useSpeedT();
  const { job, result, boot, start } = useBench();
  const top = useRef<HTMLDivElement>(null);
  const isRunning = job !== null;

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, for as long as the screen is shown
  useEffect(() => {
    void boot();
    return () => {
      const state = useBench.getState();
      if (!state.job) return;
      state.cancel();
      showToast({ text: t('bench.left') });
    };
  }, []);

  // The button that was pressed is gone: the keyboard goes on where something happens.
  const wasRunning = useRef(isRunning);
  useEffect(() => {
    if (wasRunning.current === isRunning) return;
    wasRunning.current = isRunning;
    top.current?.focus();
    top.current?.scrollIntoView({ block: 'start' });
  }, [isRunning]);

  return (
    <div ref={top} tabIndex={-1} className="flex scroll-mt-24 flex-col gap-8 outline-none">
      <RunState useBench={useBench} />
      {!result && !isRunning && <Intro />}
      {result && <Result useBench={useBench} result={result} />}
      {!isRunning &&
        (machine ? (
          <Section title={t(result ? 'bench.again' : 'bench.measure')}>
            <BenchForm machine={machine} onStart={(config) => void start(config)} {...form} />
          </Section>
        ) : (
          problem
        ))}
      {!result && !isRunning && (
        <Section title={t('bench.openTitle')}>
          <p className="text-soft">{t('bench.openHelp')}</p>
          <div>
            <OpenFile useBench={useBench} />
          </div>
        </Section>
      )}
    </div>
  );
}

/** What runs now, or how the last run ended. */
function RunState({ useBench }: { useBench: BenchStore }) {
  const t = useSpeedT();
  const { job, error, displaced, retry, cancel, restore } = useBench();
  return (
    <div className="flex flex-col gap-3 empty:hidden">
      {job && <RunPanel job={job} onCancel={cancel} />}
      {error && !job && (
        <Notice kind="error" isAlert action={<Button onClick={() => void retry()}>{t('chat.retry')}</Button>}>
          {t('bench.failed')} {t.error(error)}
        </Notice>
      )}
      {displaced !== null && !job && (
        <Notice kind="info" action={<Button onClick={() => void restore()}>{t('bench.restore')}</Button>}>
          {t('bench.displaced', { model: displaced })}
        </Notice>
      )}
    </div>
  );
}

function Result({ useBench, result }: { useBench: BenchStore; result: BenchResult }) {
  const t = useSpeedT();
  const { other, closeOther } = useBench();
  return (
    <Section title={t('bench.result')}>
      <Report result={result} other={other}>
        <div className="flex flex-wrap gap-2">
          <Button icon={Download} onClick={() => saveResult(result)}>
            {t('bench.export')}
          </Button>
          <OpenFile useBench={useBench} />
        </div>
        {other && <Comparison before={other} after={result} onClose={closeOther} />}
      </Report>
    </Section>
  );
}

function Intro() {
  const t = useSpeedT();
  return (
    <div className="flex flex-col gap-2 text-soft">
      <p>{t('bench.intro')}</p>
      <p>{t('bench.introWeights')}</p>
    </div>
  );
}

function OpenFile({ useBench }: { useBench: BenchStore }) {
  const t = useSpeedT();
  const input = useRef<HTMLInputElement>(null);
  const hasResult = useBench((state) => state.result !== null);
  const fileError = useBench((state) => state.fileError);
  const open = useBench((state) => state.open);
  return (
    <>
      <Button icon={FolderOpen} onClick={() => input.current?.click()}>
        {t(hasResult ? 'bench.compare' : 'bench.open')}
      </Button>
      <input
        ref={input}
        type="file"
        accept="application/json,.json"
        hidden
        data-bench="file"
        onChange={({ target }) => {
          const file = target.files?.[0];
          if (file) void open(file);
          // The same file may be chosen again.
          target.value = '';
        }}
      />
      {fileError && (
        <Notice kind="error" isAlert className="w-full">
          {t('bench.fileRefused')} {t.error(fileError)}
        </Notice>
      )}
    </>
  );
}
