/** A button with a menu: arrows move, Enter chooses, Escape closes and gives the focus back. */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { cx } from './cx';

interface MenuProps {
  readonly label: string;
  readonly trigger: ReactNode;
  readonly triggerClass?: string;
  readonly align?: 'left' | 'right';
  readonly className?: string;
  readonly children: (close: () => void) => ReactNode;
}

export function Menu({ label, trigger, triggerClass, align = 'left', className, children }: MenuProps) {
  const [isOpen, setIsOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();

  useEffect(() => {
    if (!isOpen) return;
    items(root.current)[0]?.focus();
    const onPointer = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setIsOpen(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [isOpen]);

  const close = () => {
    setIsOpen(false);
    button.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (!isOpen) return;
    const all = items(root.current);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      all[(to + all.length) % all.length]?.focus();
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === 'Tab') setIsOpen(false);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the button and the items meet here
    <div ref={root} className="relative min-w-0" onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setIsOpen(!isOpen)}
        className={triggerClass}
      >
        {trigger}
      </button>
      {isOpen && (
        <div
          id={id}
          role="menu"
          aria-label={label}
          className={cx(
            'absolute top-full z-30 mt-1 min-w-44 rounded-lg border border-line bg-raised p-1 shadow-[0_8px_28px_var(--shadow)]',
            align === 'right' ? 'right-0' : 'left-0',
            className,
          )}
        >
          {children(close)}
        </div>
      )}
    </div>
  );
}

function items(root: HTMLElement | null): HTMLElement[] {
  return [...(root?.querySelectorAll<HTMLElement>('[role^="menuitem"]:not(:disabled)') ?? [])];
}

interface MenuItemProps {
  readonly onSelect: () => void;
  readonly children: ReactNode;
  /** Present: one of several choices. */
  readonly isChecked?: boolean;
  readonly isDanger?: boolean;
}

export function MenuItem({ onSelect, children, isChecked, isDanger }: MenuItemProps) {
  return (
    <button
      type="button"
      {...(isChecked === undefined
        ? { role: 'menuitem' }
        : { role: 'menuitemradio', 'aria-checked': isChecked })}
      tabIndex={-1}
      onClick={onSelect}
      className={cx(
        'flex w-full items-center gap-2 rounded-md px-2.5 py-1.5 text-left hover:bg-hover focus-visible:bg-hover focus-visible:outline-offset-[-2px]',
        isDanger && 'text-danger',
      )}
    >
      {children}
    </button>
  );
}
