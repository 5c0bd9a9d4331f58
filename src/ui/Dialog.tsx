/** A native modal dialog: focus is held inside, Escape closes, focus returns to where it was. */
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { cx } from './cx';

interface DialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
  /** Its width, where that is not the usual one. */
  readonly className?: string;
}

export function Dialog({ isOpen, onClose, title, children, actions, className }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog || !isOpen) return;
    dialog.showModal();
    return () => dialog.close();
  }, [isOpen]);
  if (!isOpen) return null;
  return (
    // A click on the backdrop closes, as Escape does; the keyboard needs no handler here.
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the dialog's own
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
      className={cx(
        'm-auto max-h-[calc(100dvh-2rem)] rounded-lg border border-line bg-raised p-0 shadow-[0_16px_48px_var(--shadow)]',
        className ?? 'w-[min(28rem,calc(100vw-2rem))]',
      )}
    >
      <div className="flex max-h-[inherit] flex-col gap-3 p-5">
        <h2 id={titleId} className="font-semibold text-base">
          {title}
        </h2>
        {/* Scrolls by itself, so that the buttons stay in sight; the margin leaves room for focus rings. */}
        <div className="-mx-2 min-h-0 overflow-y-auto px-2 py-0.5 text-soft">{children}</div>
        {actions && <div className="mt-2 flex flex-wrap justify-end gap-2">{actions}</div>}
      </div>
    </dialog>
  );
}
