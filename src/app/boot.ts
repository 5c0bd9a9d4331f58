/**
 * Order of the start: settings (language, theme) before the first render; then conversations and models;
 * the built-in model, or the one chosen, loads by itself once the GPU is found fit.
 */
import { useDoctor } from '../features/doctor/doctor-store';
import { BUILT_IN_ID } from '../features/models/library';
import { useSettings } from '../features/settings/settings-store';
import { discardAbandoned } from '../store/install';
import { preloadMarkdown } from '../ui/markdown/LazyMarkdown';
import { watchConversions } from './convert-watch';
import { watchSpeed } from './loaded-speed';
import { chatStore, defaultModelId, useModels } from './services';
import { watchInstallOffer } from './use-install';
import { registerPwa } from './use-pwa';
import { parseRoute } from './use-route';

/** The conversation to go back to when the page was reloaded on another screen. */
const LAST_KEY = 'aerie-last';

export async function boot(): Promise<void> {
  await useSettings.getState().boot();
}

/** After the first render. */
export async function start(): Promise<void> {
  watchSpeed();
  watchInstallOffer();
  watchConversions();
  addEventListener('pagehide', () => chatStore.getState().rescue());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') void chatStore.getState().flush();
  });
  const route = parseRoute(location.hash);
  const chat = chatStore.getState();
  chatStore.subscribe(({ activeId }) => {
    if (activeId) sessionStorage.setItem(LAST_KEY, activeId);
    else sessionStorage.removeItem(LAST_KEY);
  });
  await Promise.all([
    chat.boot(),
    useModels.getState().boot(),
    chat.open(route.screen === 'chat' ? route.conversationId : sessionStorage.getItem(LAST_KEY)),
  ]);
  preloadMarkdown();
  void registerPwa();
  await loadFirstModel();
  await discardAbandoned().catch(() => {
    // What is left over costs only space; the next start tries again.
  });
}

/** Checks the GPU (again) and loads the model of the conversation that is open. */
export async function loadFirstModel(): Promise<void> {
  const { problem } = await useDoctor.getState().check();
  if (problem) return;
  await useModels
    .getState()
    .ensure(currentModelId())
    .catch(() => {
      // Shown from the state of the models.
    });
}

/** Of the open conversation if it is on this machine, else of a new one. */
function currentModelId(): string {
  const { activeId, conversations, fresh } = chatStore.getState();
  const { entries } = useModels.getState();
  const preferred = defaultModelId(useSettings.getState().settings);
  const candidates = [activeId ? conversations[activeId]?.modelId : fresh?.modelId, preferred];
  return candidates.find((id) => entries.some((entry) => entry.id === id)) ?? BUILT_IN_ID;
}
