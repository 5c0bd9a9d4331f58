import { useCatalogueT } from '../../../i18n/catalogue';
import type { Pace } from '../pace';

/** Speed and time left, as far as they are known. */
export function PaceText({ pace: { bytesPerSecond, remainingMs, isStalled } }: { pace: Pace }) {
  const t = useCatalogueT();
  if (isStalled) return <span>{t('convert.waiting')}</span>;
  const parts = [
    bytesPerSecond !== undefined && t('convert.speed', { speedBytes: Math.round(bytesPerSecond) }),
    remainingMs !== undefined && t('convert.remaining', { time: t.duration(remainingMs) }),
  ].filter(Boolean);
  return <span>{parts.length > 0 ? parts.join(' · ') : t('convert.measuring')}</span>;
}
