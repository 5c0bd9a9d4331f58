import { useEffect, useState } from 'react';
import { useT } from '../i18n/language';
import { Progress } from './Progress';

interface Space {
  readonly usedBytes: number;
  readonly quotaBytes: number;
}

interface StorageMeterProps {
  /** Undefined where the browser does not tell. A stable function. */
  readonly read: () => Promise<Space | undefined>;
  readonly version: unknown;
}

/** How much of what the browser allows is used; read anew whenever `version` changes. */
export function StorageMeter({ read, version }: StorageMeterProps) {
  const t = useT();
  const [space, setSpace] = useState<Space | undefined>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version is the reason to read again
  useEffect(() => {
    let isCurrent = true;
    read().then(
      (found) => isCurrent && setSpace(found),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [read, version]);
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
