/** Says everywhere that a conversion is under way, and leads back to it. */
import { useT } from '../../i18n/language';
import type { ConvertStore } from './convert/convert-store';

interface ConvertIndicatorProps {
  readonly useConvert: ConvertStore;
  /** `row`: in the side bar. `chip`: where there is only room for the share. */
  readonly look: 'row' | 'chip';
  readonly onOpen: () => void;
}

export function ConvertIndicator({ useConvert, look, onOpen }: ConvertIndicatorProps) {
  const t = useT();
  const name = useConvert(({ job }) => job?.order.name);
  const percent = useConvert(({ job }) => Math.floor((job?.progress?.share ?? 0) * 100));
  if (name === undefined) return null;
  const label = t('nav.converting', { model: name, percent: `${percent}%` });
  const bar = (
    <span aria-hidden className="block h-0.5 w-full overflow-hidden rounded-full bg-line">
      <span className="block h-full rounded-full bg-accent" style={{ width: `${percent}%` }} />
    </span>
  );
  if (look === 'chip')
    return (
      <button
        type="button"
        aria-label={label}
        title={label}
        onClick={onOpen}
        className="numbers ml-auto flex min-w-12 shrink-0 flex-col gap-1 rounded-md px-2 py-1.5 text-accent text-xs hover:bg-hover"
      >
        <span aria-hidden className="w-full text-center leading-none">{`${percent}%`}</span>
        {bar}
      </button>
    );
  return (
    <button
      type="button"
      aria-label={label}
      onClick={onOpen}
      className="flex w-full flex-col gap-1.5 rounded-md px-2 py-2 text-left text-soft hover:bg-hover/60 hover:text-ink"
    >
      <span aria-hidden className="numbers flex w-full justify-between gap-2 text-xs">
        <span className="truncate">{t('nav.convertingShort', { model: name })}</span>
        <span className="text-accent">{`${percent}%`}</span>
      </span>
      {bar}
    </button>
  );
}
