/**
 * The service worker: registered after the page is up, and replaced only when the user agrees and nothing
 * runs. A new version that waits is found at start and, for pages open all day, once an hour.
 */
import { create } from 'zustand';
import { isBusy as isBusyNow, useBusy } from './busy';

const CHECK_EVERY_MS = 3_600_000;

interface PwaState {
  readonly isUpdateReady: boolean;
  /** The app's own files are stored; models are stored apart from them. */
  readonly isOfflineReady: boolean;
  readonly apply: (() => void) | null;
}

const usePwaStore = create<PwaState>()(() => ({ isUpdateReady: false, isOfflineReady: false, apply: null }));

/** Does nothing where service workers are missing (private windows, plain http). */
export async function registerPwa(): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  const { registerSW } = await import('virtual:pwa-register');
  if (navigator.serviceWorker.controller) usePwaStore.setState({ isOfflineReady: true });
  const update = registerSW({
    onNeedRefresh: () => usePwaStore.setState({ isUpdateReady: true, apply: () => void update(true) }),
    onOfflineReady: () => usePwaStore.setState({ isOfflineReady: true }),
    onRegisteredSW: (_url, registration) => {
      setInterval(() => {
        if (navigator.onLine) registration?.update().catch(() => {});
      }, CHECK_EVERY_MS);
    },
  });
}

export function usePwa() {
  const { isUpdateReady, isOfflineReady, apply } = usePwaStore();
  const isBusy = useBusy();
  return {
    isUpdateReady,
    isOfflineReady,
    isBusy,
    update: () => {
      if (!isBusyNow()) apply?.();
    },
    postpone: () => usePwaStore.setState({ isUpdateReady: false }),
  };
}
