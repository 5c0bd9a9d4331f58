/** A few choices side by side, as radio buttons. */
import { useId } from 'react';
import { cx } from './cx';

interface ChoiceProps<T extends string> {
  readonly label: string;
  /** Where what is chosen from speaks for itself. */
  readonly isLabelHidden?: boolean;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
}

export function Choice<T extends string>({
  label,
  isLabelHidden = false,
  value,
  options,
  onChange,
}: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset className="flex flex-wrap items-center gap-x-6 gap-y-1.5">
      <legend className={isLabelHidden ? 'sr-only' : 'float-left w-28 font-medium'}>{label}</legend>
      <div className="flex rounded-md border border-line-strong/50 p-0.5">
        {options.map((option) => (
          <label
            key={option.value}
            className={cx(
              'rounded px-3 py-1 has-focus-visible:outline-2 has-focus-visible:outline-accent',
              option.value === value ? 'bg-accent-soft font-medium text-accent' : 'text-soft hover:text-ink',
            )}
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
              className="sr-only"
            />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
