/** Bringing in a model: a folder, files, a drop, or an address; progress and what went wrong. */
import { FileUp, FolderUp } from 'lucide-react';
import { type ChangeEvent, type DragEvent, useRef, useState } from 'react';
import { useT } from '../../i18n/language';
import { fromDirectory, fromDrop, fromFileList, type GivenFile } from '../../store/file-source';
import { Button } from '../../ui/Button';
import { cx } from '../../ui/cx';
import { Notice } from '../../ui/Notice';
import { Progress } from '../../ui/Progress';
import { showToast } from '../../ui/toast';
import { AddressForm } from './AddressForm';
import { type ImportJob, useImport } from './import-store';

/** In Chrome; the types of the platform do not have it yet. */
type FolderPicker = (options: { id: string; mode: 'read' }) => Promise<FileSystemDirectoryHandle>;

export function ImportPanel({ onImported }: { onImported: () => void }) {
  const t = useT();
  const { job, error, fromFiles, fromUrl, cancel, dismiss } = useImport();
  const [isOver, setIsOver] = useState(false);
  const folderInput = useRef<HTMLInputElement>(null);
  const fileInput = useRef<HTMLInputElement>(null);

  const finish = async (work: Promise<string | undefined>) => {
    const id = await work;
    onImported();
    if (id) showToast({ text: t('models.importDone', { model: id }) });
  };
  const take = (files: readonly GivenFile[]) => {
    if (files.length > 0) void finish(fromFiles(files));
  };
  const onInput = (event: ChangeEvent<HTMLInputElement>) => {
    take(fromFileList(event.target.files ?? []));
    // The same folder can be chosen again.
    event.target.value = '';
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    if (!job)
      void fromDrop(event.dataTransfer.items).then(take, (reason) => showToast({ text: t.error(reason) }));
  };
  const chooseFolder = async () => {
    const picker = (window as { showDirectoryPicker?: FolderPicker }).showDirectoryPicker;
    if (!picker) {
      folderInput.current?.click();
      return;
    }
    try {
      take(await fromDirectory(await picker({ id: 'model', mode: 'read' }), ''));
    } catch (reason) {
      // The user closed the picker, or the browser refuses this folder: the plain input may still do.
      if (!(reason instanceof DOMException && reason.name === 'AbortError')) folderInput.current?.click();
    }
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
            <Button look="primary" icon={FolderUp} onClick={() => void chooseFolder()}>
              {t('models.importFolder')}
            </Button>
            <Button icon={FileUp} onClick={() => fileInput.current?.click()}>
              {t('models.importFiles')}
            </Button>
            <span className="text-soft">{t(isOver ? 'models.dropNow' : 'models.dropHere')}</span>
            <input
              ref={folderInput}
              type="file"
              hidden
              data-import="folder"
              onChange={onInput}
              {...{ webkitdirectory: '' }}
            />
            <input ref={fileInput} type="file" hidden multiple data-import="files" onChange={onInput} />
          </div>
          <AddressForm onStart={(url) => void finish(fromUrl(url))} />
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
  const t = useT();
  const { label, progress } = job;
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
        <p className="numbers flex justify-between gap-3 text-faint text-xs">
          <span className="truncate">{progress.file}</span>
          <span className="shrink-0">
            {t('model.bytesOf', { doneBytes: progress.bytesDone, totalBytes: progress.bytesTotal })}
          </span>
        </p>
      )}
    </div>
  );
}
