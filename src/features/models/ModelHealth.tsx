/** What a check of a stored model is doing or has found, with the one thing to do next. */
import { type ReactNode, useState } from 'react';
import { useCatalogueT } from '../../i18n/catalogue';
import { Button } from '../../ui/Button';
import { Progress } from '../../ui/Progress';
import { type Health, useChecks } from './check-store';
import { ResumeDialog } from './convert/ResumeDialog';

interface ModelHealthProps {
  readonly modelId: string;
  readonly health: Health;
}

export function ModelHealth({ modelId, health }: ModelHealthProps) {
  const t = useCatalogueT();
  const { check, stop } = useChecks();
  const names = { model: modelId };
  switch (health.kind) {
    case 'checking':
    case 'repairing': {
      const label = t(health.kind === 'checking' ? 'check.running' : 'check.repairing', names);
      return (
        <div className="flex w-full items-center gap-3">
          <span className="shrink-0 text-soft text-xs">{label}</span>
          <Progress label={label} value={health.share} className="min-w-0 flex-1" />
          <span className="numbers text-soft text-xs">{`${Math.floor(health.share * 100)}%`}</span>
          <Button look="quiet" onClick={() => stop(modelId)}>
            {t('dialog.cancel')}
          </Button>
        </div>
      );
    }
    case 'lost':
      return (
        <Finding text={t('check.lost')}>
          <Button aria-label={t('check.runNamed', names)} onClick={() => void check(modelId)}>
            {t('check.run')}
          </Button>
        </Finding>
      );
    case 'bad':
      return <BadFiles modelId={modelId} found={health} />;
    case 'failed':
      return (
        <Finding text={t.error(health.error)}>
          <Button aria-label={t('check.runNamed', names)} onClick={() => void check(modelId)}>
            {t('check.run')}
          </Button>
        </Finding>
      );
    case 'sound':
      return (
        <p role="status" className="w-full text-soft text-xs">
          {t(health.isRepaired ? 'check.repaired' : 'check.good', names)}
        </p>
      );
  }
}

interface BadFilesProps {
  readonly modelId: string;
  readonly found: Extract<Health, { kind: 'bad' }>;
}

function BadFiles({ modelId, found: { files, need, order } }: BadFilesProps) {
  const t = useCatalogueT();
  const repair = useChecks((state) => state.repair);
  const [asksFolders, setAsksFolders] = useState(false);
  const isAgain = need === 'import-again';
  return (
    <Finding
      text={t('check.bad', { count: files.length })}
      help={t(isAgain ? 'check.importAgain' : 'check.repairHelp')}
      title={files.join('\n')}
    >
      {!isAgain && (
        <Button
          aria-label={t('check.repairNamed', { model: modelId })}
          onClick={() => (need === 'needs-files' ? setAsksFolders(true) : void repair(modelId, files))}
        >
          {t('check.repair')}
        </Button>
      )}
      {asksFolders && order && (
        <ResumeDialog
          name={modelId}
          order={order}
          onGiven={(given) => void repair(modelId, files, given)}
          onClose={() => setAsksFolders(false)}
        />
      )}
    </Finding>
  );
}

interface FindingProps {
  readonly text: string;
  readonly help?: string;
  readonly title?: string;
  readonly children: ReactNode;
}

function Finding({ text, help, title, children }: FindingProps) {
  return (
    <div role="status" className="flex w-full flex-wrap items-center gap-x-3 gap-y-1">
      <p className="min-w-0 flex-1 basis-60 text-xs" title={title}>
        <span className="text-danger">{text}</span>
        {help && <span className="text-soft"> {help}</span>}
      </p>
      {children}
    </div>
  );
}
