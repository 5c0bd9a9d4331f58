import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useT } from '../../i18n/language';
import { IconButton } from '../../ui/Button';
import { useChat } from './context';

export interface Versions {
  readonly ids: readonly string[];
  readonly position: number;
}

/** ‹ 2/3 › between the versions of a message; nothing where there is only one. */
export function VersionSwitch({ versions: { ids, position } }: { versions: Versions }) {
  const t = useT();
  const show = useChat((state) => state.show);
  if (ids.length < 2) return null;
  const step = (by: number) => {
    const id = ids[position + by];
    if (id) show(id);
  };
  return (
    <span className="inline-flex items-center text-faint">
      <IconButton
        size="small"
        icon={ChevronLeft}
        label={t('chat.previous')}
        disabled={position <= 0}
        onClick={() => step(-1)}
      />
      <span className="numbers min-w-8 text-center text-xs">
        <span className="sr-only">{t('chat.version', { position: position + 1, total: ids.length })}</span>
        <span aria-hidden>
          {position + 1}/{ids.length}
        </span>
      </span>
      <IconButton
        size="small"
        icon={ChevronRight}
        label={t('chat.next')}
        disabled={position >= ids.length - 1}
        onClick={() => step(1)}
      />
    </span>
  );
}
