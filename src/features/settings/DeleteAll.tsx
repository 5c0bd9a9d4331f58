import { useState } from 'react';
import { useT } from '../../i18n/language';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { showToast } from '../../ui/toast';

interface DeleteAllProps {
  readonly isBusy: boolean;
  /** Deletes everything and reloads the page. */
  readonly onDelete: () => Promise<void>;
}

export function DeleteAll({ isBusy, onDelete }: DeleteAllProps) {
  const t = useT();
  const [isAsking, setIsAsking] = useState(false);
  const run = async () => {
    setIsAsking(false);
    try {
      await onDelete();
    } catch (error) {
      showToast({ text: t.error(error) });
    }
  };
  return (
    <div className="flex flex-wrap items-center gap-3">
      <p className="min-w-0 flex-1 basis-64 text-soft">
        {t(isBusy ? 'settings.deleteAllBusy' : 'settings.deleteAllHelp')}
      </p>
      <Button look="danger" disabled={isBusy} onClick={() => setIsAsking(true)}>
        {t('settings.deleteAll')}
      </Button>
      <Dialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        title={t('settings.deleteAllTitle')}
        actions={
          <>
            <Button onClick={() => setIsAsking(false)}>{t('dialog.cancel')}</Button>
            <Button look="danger" onClick={() => void run()}>
              {t('settings.deleteAllConfirm')}
            </Button>
          </>
        }
      >
        {t('settings.deleteAllBody')}
      </Dialog>
    </div>
  );
}
