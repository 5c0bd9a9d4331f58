/** Whether the browser may clear the data by itself, and asking it not to. */
import { useEffect, useState } from 'react';
import { useT } from '../../i18n/language';
import { readSpace, requestPersistence } from '../../store/quota';
import { Button } from '../../ui/Button';
import { StorageMeter } from '../../ui/StorageMeter';

export function Persistence() {
  const t = useT();
  const [isKept, setIsKept] = useState<boolean>();
  const [wasDenied, setWasDenied] = useState(false);

  useEffect(() => {
    navigator.storage?.persisted?.().then(setIsKept, () => setIsKept(false));
  }, []);

  const ask = async () => {
    const answer = await requestPersistence().catch(() => false);
    setIsKept(answer);
    setWasDenied(!answer);
  };

  return (
    <div className="flex flex-col gap-3">
      <StorageMeter read={readSpace} version={isKept} />
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-0 flex-1 basis-64 text-soft" role="status">
          {t(isKept ? 'settings.persisted' : wasDenied ? 'settings.persistDenied' : 'settings.notPersisted')}
        </p>
        {isKept === false && <Button onClick={() => void ask()}>{t('settings.persist')}</Button>}
      </div>
    </div>
  );
}
