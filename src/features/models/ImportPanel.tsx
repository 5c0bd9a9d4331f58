/** Bringing in a model: a folder, files, a drop, or an address; progress and what went wrong. */
import { type DragEvent, useState } from 'react';
import { useCatalogueT } from '../../i18n/catalogue';
import { Button } from '../../ui/Button';
import { cx } from '../../ui/cx';
import { Notice } from '../../ui/Notice';
import { Progress } from '../../ui/Progress';
import { showToast } from '../../ui/toast';
import { AddressForm } from './AddressForm';
import type { ConvertPlan } from './convert/convert-form';
import { PaceText } from './convert/PaceText';
import { planFor } from './convert/recognise';
import { FolderPicker } from './FolderPicker';
import { type GivenFolder, givenByDrop } from './given-folder';
import { type ImportJob, useImport } from './import-store';

interface ImportPanelProps {
  readonly onImported: () => void;
  /** What was given is no finished package: a checkpoint, a LoRA, or the address of one. */
  readonly onConvert: (plan: ConvertPlan) => void;
}

export function ImportPanel({ onImported, onConvert }: ImportPanelProps) {
  const t = useCatalogueT();
  const { job, error, fromFiles, fromUrl, cancel, dismiss } = useImport();
  const [isOver, setIsOver] = useState(false);

  const finish = async (work: Promise<string | undefined>) => {
    const id = await work;
    onImported();
    if (id) showToast({ text: t('models.importDone', { model: id }) });
  };
  const take = async (given: GivenFolder | undefined) => {
    if (!given) return;
    dismiss();
    const plan = await planFor(given);
    if (plan) onConvert(plan);
    else await finish(fromFiles(given.label, given.files));
  };
  const say = (reason: unknown) => showToast({ text: t.error(reason) });
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    if (!job) void givenByDrop(event.dataTransfer.items).then(take).catch(say);
  };

  return (
    <div className="flex flex-col gap-4">
      <p className="text-soft">{t('models.importIntro')}</p>
      {job ? (
        <Running job={job} onCancel={cancel} />
      ) : (
        <>
          {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is the mouse's way; the buttons inside are everyone's */}
          <div
            onDragOver={(event) => {
              event.preventDefault();
              setIsOver(true);
            }}
            onDragLeave={() => setIsOver(false)}
            onDrop={onDrop}
            className={cx(
              'flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-dashed px-4 py-5',
              isOver ? 'border-accent bg-accent-soft' : 'border-line-strong',
            )}
          >
            <FolderPicker name="" look="primary" onGiven={(given) => void take(given).catch(say)} />
            <span className="text-soft">{t(isOver ? 'models.dropNow' : 'models.dropHere')}</span>
          </div>
          <AddressForm onStart={(url) => void finish(fromUrl(url))} onConvert={onConvert} />
        </>
      )}
      {error && (
        <Notice
          kind={error.code === 'aborted' ? 'info' : 'error'}
          isAlert
          action={
            <Button look="quiet" onClick={dismiss}>
              {t('dialog.close')}
            </Button>
          }
        >
          {error.code === 'aborted' ? (
            t('models.importCancelled')
          ) : (
            <>
              <strong className="font-semibold">{t('models.importFailed')}</strong>
              <p className="text-soft">
                {error.code === 'file-missing' && error.details.file === 'mlc-chat-config.json'
                  ? t('models.notPackage')
                  : t.error(error)}
              </p>
            </>
          )}
        </Notice>
      )}
    </div>
  );
}

function Running({ job, onCancel }: { job: ImportJob; onCancel: () => void }) {
  const t = useCatalogueT();
  const { label, pace, progress } = job;
  const title = t('models.importing', { model: label });
  return (
    <div className="flex flex-col gap-2 rounded-lg border border-line px-4 py-3">
      <div className="flex items-center justify-between gap-3">
        <span className="truncate font-medium">{title}</span>
        <Button look="quiet" onClick={onCancel}>
          {t('models.importCancel')}
        </Button>
      </div>
      <Progress
        label={title}
        value={progress ? progress.bytesDone / Math.max(1, progress.bytesTotal) : undefined}
      />
      {progress && (
        <p className="numbers flex flex-wrap justify-between gap-x-3 text-faint text-xs">
          <span>
            {t('model.bytesOf', { doneBytes: progress.bytesDone, totalBytes: progress.bytesTotal })}
          </span>
          <PaceText pace={pace} />
        </p>
      )}
    </div>
  );
}
