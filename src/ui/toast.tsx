/** Short notices at the bottom, with at most one action (undo). Read out politely; stay while hovered. */
import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { create } from 'zustand';
import { useT } from '../i18n/language';
import { IconButton } from './Button';

export interface Toast {
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

const SHOWN_MS = 6000;

interface ToastState {
  readonly toasts: readonly (Toast & { readonly id: number })[];
}

const useToasts = create<ToastState>()(() => ({ toasts: [] }));
let lastId = 0;

export function showToast(toast: Toast): void {
  lastId += 1;
  const id = lastId;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts.slice(-2), { ...toast, id }] }));
}

function dismiss(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }));
}

export function Toaster() {
  const t = useT();
  const toasts = useToasts((state) => state.toasts);
  return (
    <section
      aria-label={t('toast.region')}
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 bottom-24 z-50 flex flex-col items-center gap-2 px-4"
    >
      {toasts.map((toast) => (
        <ToastCard key={toast.id} toast={toast} onDone={() => dismiss(toast.id)} />
      ))}
    </section>
  );
}

function ToastCard({ toast, onDone }: { toast: Toast; onDone: () => void }) {
  const t = useT();
  const [isHeld, setIsHeld] = useState(false);
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(onDone, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isHeld, onDone]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hovering and focusing only keep it open
    <div
      onPointerEnter={() => setIsHeld(true)}
      onPointerLeave={() => setIsHeld(false)}
      onFocus={() => setIsHeld(true)}
      onBlur={() => setIsHeld(false)}
      className="pointer-events-auto flex max-w-md items-center gap-2 rounded-lg border border-line bg-raised py-1.5 pr-1.5 pl-4 shadow-[0_8px_28px_var(--shadow)]"
    >
      <span className="min-w-0 flex-1 truncate">{toast.text}</span>
      {toast.action && (
        <button
          type="button"
          onClick={() => {
            toast.action?.run();
            onDone();
          }}
          className="rounded-md px-2 py-1 font-medium text-accent hover:bg-hover"
        >
          {toast.action.label}
        </button>
      )}
      <IconButton size="small" label={t('toast.dismiss')} icon={X} onClick={onDone} />
    </div>
  );
}
