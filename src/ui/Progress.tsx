import { cx } from './cx';

interface ProgressProps {
  /** 0..1; undefined: under way without a known end. */
  readonly value: number | undefined;
  readonly label: string;
  readonly className?: string;
}

export function Progress({ value, label, className }: ProgressProps) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value === undefined ? undefined : Math.round(value * 100)}
      className={cx('h-1 overflow-hidden rounded-full bg-line', className)}
    >
      <div
        className={cx('h-full rounded-full bg-accent', value === undefined ? 'indeterminate w-1/3' : '')}
        style={value === undefined ? undefined : { width: `${Math.min(1, value) * 100}%` }}
      />
    </div>
  );
}
