import type { ReactNode } from 'react';
import { cx } from '../../../ui/cx';

export type BadgeTone = 'good' | 'warn' | 'bad' | 'plain';

const TONES: Record<BadgeTone, string> = {
  good: 'bg-accent-soft text-accent',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-danger-soft text-danger',
  plain: 'bg-hover text-soft',
};

export function Badge({ tone, children }: { tone: BadgeTone; children: ReactNode }) {
  return (
    <span className={cx('rounded px-1.5 py-px text-2xs whitespace-nowrap', TONES[tone])}>{children}</span>
  );
}
