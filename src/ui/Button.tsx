import type { LucideIcon } from 'lucide-react';
import type { ComponentProps } from 'react';
import { cx } from './cx';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

const LOOKS: Record<Look, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-hover border-transparent',
  plain: 'bg-raised text-ink border-line-strong/50 hover:bg-hover',
  quiet: 'bg-transparent text-soft border-transparent hover:bg-hover hover:text-ink',
  danger: 'bg-transparent text-danger border-danger/40 hover:bg-danger-soft',
};

interface ButtonProps extends ComponentProps<'button'> {
  look?: Look;
  icon?: LucideIcon;
}

export function Button({ look = 'plain', icon: Icon, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={cx(
        'inline-flex min-h-8 shrink-0 items-center justify-center gap-1.5 rounded-md border px-3 py-1 font-medium whitespace-nowrap transition-colors',
        'disabled:pointer-events-none disabled:opacity-50',
        LOOKS[look],
        className,
      )}
      {...rest}
    >
      {Icon && <Icon size={16} strokeWidth={1.75} aria-hidden />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'aria-label'> {
  /** Accessible name, shown as a tooltip too. */
  label: string;
  icon: LucideIcon;
  size?: 'small' | 'normal';
}

export function IconButton({ label, icon: Icon, size = 'normal', className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={cx(
        'inline-flex shrink-0 items-center justify-center rounded-md text-soft transition-colors hover:bg-hover hover:text-ink',
        'disabled:pointer-events-none disabled:opacity-40',
        size === 'small' ? 'size-7' : 'size-9',
        className,
      )}
      {...rest}
    >
      <Icon size={size === 'small' ? 15 : 18} strokeWidth={1.75} aria-hidden />
    </button>
  );
}
