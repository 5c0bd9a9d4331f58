/** How much memory the GPU has, which no browser tells: the user's word for it. */
import { useId, useState } from 'react';
import { useCatalogueT } from '../../../i18n/catalogue';
import { cx } from '../../../ui/cx';

/** Makers of GPUs count in powers of two. */
const GIGABYTE = 2 ** 30;
const MOST_GIGABYTES = 1024;

interface GpuMemoryFieldProps {
  readonly bytes: number | null;
  readonly onChange: (bytes: number | null) => void;
}

export function GpuMemoryField({ bytes, onChange }: GpuMemoryFieldProps) {
  const t = useCatalogueT();
  const id = useId();
  // The text as typed, while it is no number that can be kept.
  const [typed, setTyped] = useState<string>();
  const text = typed ?? (bytes === null ? '' : String(bytes / GIGABYTE));
  const isWrong = readGigabytes(text) === undefined;

  const change = (next: string) => {
    setTyped(next);
    const gigabytes = readGigabytes(next);
    if (gigabytes !== undefined) onChange(gigabytes === null ? null : gigabytes * GIGABYTE);
  };
  const help = isWrong ? 'gpuMemoryWrong' : bytes === null ? 'gpuMemoryHelp' : 'gpuMemorySet';

  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <label htmlFor={id} className="font-medium">
        {t('catalogue.gpuMemory')}
      </label>
      <input
        id={id}
        type="text"
        inputMode="decimal"
        autoComplete="off"
        value={text}
        aria-invalid={isWrong}
        aria-describedby={`${id}-help`}
        onChange={(event) => change(event.target.value)}
        onBlur={() => {
          if (!isWrong) setTyped(undefined);
        }}
        className="field numbers w-20!"
      />
      <p
        id={`${id}-help`}
        className={cx('min-w-0 flex-1 basis-64 text-xs', isWrong ? 'text-danger' : 'text-faint')}
      >
        {t(`catalogue.${help}`)}
      </p>
    </div>
  );
}

/** null: nothing stated. undefined: no sensible number. */
function readGigabytes(text: string): number | null | undefined {
  const plain = text.trim().replace(',', '.');
  if (plain === '') return null;
  const value = Number(plain);
  return value >= 1 && value <= MOST_GIGABYTES ? value : undefined;
}
