import { useEffect, useState } from 'react';
import { useT } from '../i18n/language';
import { readSpace, type Space } from '../store/quota';
import { Progress } from './Progress';

/** How much of what the browser allows is used; read anew whenever `version` changes. */
export function StorageMeter({ version }: { version: unknown }) {
  const t = useT();
  const [space, setSpace] = useState<Space | undefined>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version is the reason to read again
  useEffect(() => {
    let isCurrent = true;
    readSpace().then(
      (read) => isCurrent && setSpace(read),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [version]);
  if (!space) return <p className="text-soft">{t('models.storageUnknown')}</p>;
  const { usedBytes, quotaBytes } = space;
  return (
    <div className="flex flex-col gap-1.5">
      <div aria-hidden>
        <Progress label="" value={usedBytes / Math.max(1, quotaBytes)} />
      </div>
      <p className="numbers text-soft">
        {t('models.storageUsed', { usedBytes, freeBytes: Math.max(0, quotaBytes - usedBytes) })}
      </p>
    </div>
  );
}
