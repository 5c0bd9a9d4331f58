/** Whether the browser has room for a model, and what could make room. */
import { useEffect, useState } from 'react';
import { readSpace } from '../../../store/quota';

/** Undefined where the browser does not tell. Read anew whenever `version` changes. */
export function useFreeBytes(version: unknown): number | undefined {
  const [freeBytes, setFreeBytes] = useState<number>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version is the reason to read again
  useEffect(() => {
    let isCurrent = true;
    readSpace().then(
      (space) => isCurrent && setFreeBytes(space && Math.max(0, space.quotaBytes - space.usedBytes)),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [version]);
  return freeBytes;
}
