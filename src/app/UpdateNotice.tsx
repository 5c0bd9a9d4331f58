import { useT } from '../i18n/language';
import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';
import { usePwa } from './use-pwa';

/** A new version waits until the user agrees and nothing is running. */
export function UpdateNotice() {
  const t = useT();
  const { isUpdateReady, isBusy, update, postpone } = usePwa();
  if (!isUpdateReady) return null;
  return (
    <Notice
      kind="info"
      className="m-2"
      action={
        <>
          <Button onClick={postpone} look="quiet">
            {t('pwa.updateLater')}
          </Button>
          <Button onClick={update} look="primary" disabled={isBusy}>
            {t('pwa.updateNow')}
          </Button>
        </>
      }
    >
      {t('pwa.update')}
      {isBusy && ` ${t('pwa.updateBusy')}`}
    </Notice>
  );
}
