/**
 * A number typed as text: keeps what the user typed, says what is wrong with it, reports only good values.
 * Empty means "the default".
 */
import { RotateCcw } from 'lucide-react';
import { useId, useState } from 'react';
import { IconButton } from './Button';
import { cx } from './cx';

export type NumberReading =
  | { readonly kind: 'empty' }
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'invalid'; readonly message: string };

interface NumberInputProps {
  readonly label: string;
  readonly help: string;
  readonly value: number | undefined;
  readonly placeholder: string;
  /** Shown beside the label while a value is set. */
  readonly changedLabel: string;
  readonly resetLabel: string;
  readonly step: number;
  readonly read: (text: string) => NumberReading;
  readonly onChange: (value: number | undefined) => void;
}

export function NumberInput(props: NumberInputProps) {
  const { label, help, value, placeholder, changedLabel, resetLabel, step, read, onChange } = props;
  const id = useId();
  // The text as typed, while it differs from the value: "0." or something invalid.
  const [typed, setTyped] = useState<string>();
  const text = typed ?? (value === undefined ? '' : String(value));
  const reading = read(text);
  const message = reading.kind === 'invalid' ? reading.message : undefined;

  const change = (next: string) => {
    setTyped(next);
    const result = read(next);
    if (result.kind !== 'invalid') onChange(result.kind === 'value' ? result.value : undefined);
  };
  const nudge = (by: number) => {
    const start = reading.kind === 'value' ? reading.value : Number(placeholder.replace(/[^\d.]/g, '')) || 0;
    const next = String(Number((start + by * step).toFixed(4)));
    if (read(next).kind === 'value') change(next);
  };

  return (
    <div className="flex flex-col gap-1">
      <div className="flex min-h-7 items-center gap-2">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        {value !== undefined && (
          <>
            <span className="rounded bg-accent-soft px-1.5 text-2xs text-accent">{changedLabel}</span>
            <IconButton
              size="small"
              icon={RotateCcw}
              label={resetLabel}
              onClick={() => change('')}
              className="ml-auto"
            />
          </>
        )}
      </div>
      <input
        id={id}
        type="text"
        inputMode="decimal"
        autoComplete="off"
        value={text}
        placeholder={placeholder}
        aria-invalid={message !== undefined}
        aria-describedby={`${id}-help`}
        onChange={(event) => change(event.target.value)}
        onBlur={() => {
          if (message === undefined) setTyped(undefined);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
          event.preventDefault();
          nudge(event.key === 'ArrowUp' ? 1 : -1);
        }}
        className="field numbers"
      />
      <p id={`${id}-help`} className={cx('text-xs', message ? 'text-danger' : 'text-faint')}>
        {message ?? help}
      </p>
    </div>
  );
}
