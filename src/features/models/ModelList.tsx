/** The models on this machine, with what can be done with each. */
import { ShieldCheck, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useCatalogueT } from '../../i18n/catalogue';
import { useT } from '../../i18n/language';
import { Button, IconButton } from '../../ui/Button';
import { cx } from '../../ui/cx';
import { Dialog } from '../../ui/Dialog';
import { showToast } from '../../ui/toast';
import { useChecks } from './check-store';
import { LoadStatus } from './LoadStatus';
import type { ModelEntry } from './library';
import { ModelHealth } from './ModelHealth';
import { type ModelStatus, type ModelsStore, statusOf } from './models-store';

interface ModelListProps {
  readonly useModels: ModelsStore;
  /** An answer or import is running: nothing is loaded or deleted under it. */
  readonly isBusy: boolean;
  readonly onUse: (modelId: string) => void;
}

export function ModelList({ useModels, isBusy, onUse }: ModelListProps) {
  const t = useCatalogueT();
  const { entries, engine, steps, ensure, unload, remove } = useModels();
  const { health, look, check, forget } = useChecks();
  const [doomed, setDoomed] = useState<ModelEntry>();

  useEffect(() => {
    // What the database does not answer shows when the model is loaded.
    void look().catch(() => {});
  }, [look]);

  const onDelete = async ({ id }: ModelEntry) => {
    setDoomed(undefined);
    try {
      await remove(id);
      forget(id);
      showToast({ text: t('models.deleted', { model: id }) });
    } catch (error) {
      showToast({ text: t.error(error) });
    }
  };

  return (
    <>
      <ul className="flex flex-col divide-y divide-line border-line border-y">
        {entries.map((entry) => {
          const status = statusOf(entry, entry.id, engine);
          const found = health[entry.id];
          const isChecking = found?.kind === 'checking' || found?.kind === 'repairing';
          // The one thing to do with it then is to mend it.
          const isDamaged = found?.kind === 'lost' || found?.kind === 'bad';
          return (
            <ModelRow key={entry.id} entry={entry} status={status}>
              {engine.kind === 'failed' && status === 'failed' && (
                <p className="w-full text-danger">{t.error(engine.error)}</p>
              )}
              {status === 'loading' && (
                <div className="w-full">
                  <LoadStatus modelName={entry.id} steps={steps} />
                </div>
              )}
              {found && <ModelHealth modelId={entry.id} health={found} />}
              <div className="flex flex-wrap items-center gap-1.5">
                {entry.isComplete && !isDamaged && (
                  <Button
                    aria-label={t('models.useNamed', { model: entry.id })}
                    onClick={() => onUse(entry.id)}
                  >
                    {t('models.use')}
                  </Button>
                )}
                {(status === 'idle' || status === 'failed') && !isDamaged && (
                  <Button
                    look="quiet"
                    disabled={isBusy}
                    aria-label={t('models.loadNamed', { model: entry.id })}
                    onClick={() => void ensure(entry.id).catch(() => undefined)}
                  >
                    {t('models.load')}
                  </Button>
                )}
                {(status === 'ready' || status === 'loading') && (
                  <Button
                    look="quiet"
                    disabled={isBusy}
                    aria-label={t('models.unloadNamed', { model: entry.id })}
                    onClick={() => void unload()}
                  >
                    {t('models.unload')}
                  </Button>
                )}
                {entry.isComplete && entry.sizeBytes !== undefined && (
                  <IconButton
                    icon={ShieldCheck}
                    label={t('check.runNamed', { model: entry.id })}
                    disabled={isChecking}
                    onClick={() => void check(entry.id)}
                  />
                )}
                {entry.origin !== 'built-in' && (
                  <IconButton
                    icon={Trash2}
                    label={t('models.deleteNamed', { model: entry.id })}
                    disabled={isBusy || isChecking}
                    onClick={() => setDoomed(entry)}
                  />
                )}
              </div>
            </ModelRow>
          );
        })}
      </ul>
      <Dialog
        isOpen={doomed !== undefined}
        onClose={() => setDoomed(undefined)}
        title={t('models.deleteTitle', { model: doomed?.id ?? '' })}
        actions={
          <>
            <Button onClick={() => setDoomed(undefined)}>{t('dialog.cancel')}</Button>
            <Button look="danger" onClick={() => doomed && void onDelete(doomed)}>
              {t('models.delete')}
            </Button>
          </>
        }
      >
        {t('models.deleteBody', { sizeBytes: doomed?.sizeBytes })}
      </Dialog>
    </>
  );
}

interface ModelRowProps {
  readonly entry: ModelEntry;
  readonly status: ModelStatus;
  readonly children: React.ReactNode;
}

function ModelRow({ entry, status, children }: ModelRowProps) {
  const t = useT();
  const facts = [
    entry.sizeBytes !== undefined && t.bytes(entry.sizeBytes),
    entry.quantization,
    entry.contextLength !== undefined &&
      `${t('models.context')} ${t('models.contextTokens', { count: entry.contextLength })}`,
    entry.licence,
  ].filter(Boolean);
  const origin = {
    'built-in': 'models.builtIn',
    imported: 'models.imported',
    converted: 'models.converted',
    stock: 'models.stock',
  } as const;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <div className="flex min-w-0 flex-1 basis-60 flex-col gap-0.5">
        <div className="flex min-w-0 flex-wrap items-baseline gap-x-2">
          <h3 className="font-semibold [overflow-wrap:anywhere]">{entry.id}</h3>
          <span className="text-faint text-xs">{t(origin[entry.origin])}</span>
          <span
            className={cx(
              'text-xs',
              status === 'ready' || status === 'loading' ? 'text-accent' : 'text-faint',
              status === 'failed' && 'text-danger',
              status === 'incomplete' && 'text-warn',
            )}
          >
            {t(`model.state.${status}`)}
          </span>
        </div>
        {facts.length > 0 && <p className="numbers text-soft text-xs">{facts.join(' · ')}</p>}
        {status === 'incomplete' && <p className="text-soft text-xs">{t('models.incompleteHelp')}</p>}
      </div>
      {children}
    </li>
  );
}
