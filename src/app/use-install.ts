/** The browser's offer to install the page as an app, kept until the user asks for it. */
import { create } from 'zustand';

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

const useInstallStore = create<{ readonly offer: InstallPrompt | null }>()(() => ({ offer: null }));

export function watchInstallOffer(): void {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    useInstallStore.setState({ offer: event as InstallPrompt });
  });
  addEventListener('appinstalled', () => useInstallStore.setState({ offer: null }));
}

/** undefined where the browser makes no offer (installed already, or not able to). */
export function useInstallOffer(): (() => void) | undefined {
  const offer = useInstallStore((state) => state.offer);
  if (!offer) return undefined;
  return () => {
    useInstallStore.setState({ offer: null });
    void offer.prompt();
  };
}
