/** A sentence that needs attention, with what can be done about it beside it. */
import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './cx';

interface NoticeProps {
  readonly kind: 'info' | 'warn' | 'error';
  readonly children: ReactNode;
  readonly action?: ReactNode;
  readonly className?: string;
  /** Announce at once. Only for what the user has to know now. */
  readonly isAlert?: boolean;
}

const LOOKS = {
  info: 'bg-accent-soft text-ink',
  warn: 'bg-warn-soft text-ink',
  error: 'bg-danger-soft text-ink',
} as const;
const ICONS = {
  info: <Info size={16} aria-hidden className="text-accent" />,
  warn: <TriangleAlert size={16} aria-hidden className="text-warn" />,
  error: <CircleAlert size={16} aria-hidden className="text-danger" />,
} as const;

export function Notice({ kind, children, action, className, isAlert = false }: NoticeProps) {
  return (
    <div
      role={isAlert ? 'alert' : undefined}
      className={cx(
        'flex flex-wrap items-start gap-x-3 gap-y-2 rounded-md px-3 py-2',
        LOOKS[kind],
        className,
      )}
    >
      <span className="flex h-[1.5em] items-center">{ICONS[kind]}</span>
      <div className="min-w-0 flex-1 basis-48 [overflow-wrap:anywhere]">{children}</div>
      {action && <div className="flex gap-2">{action}</div>}
    </div>
  );
}
