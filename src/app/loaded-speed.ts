/** Tells the engine how models are to run, and remembers what the one in it was loaded with. */
import { create } from 'zustand';
import { useSettings } from '../features/settings/settings-store';
import type { SpeedSettings } from '../store/settings';
import { client } from './services';

/** null while no model is in the engine. */
export const useLoadedSpeed = create<{ readonly speed: SpeedSettings | null }>()(() => ({ speed: null }));

/** Before the first load. */
export function watchSpeed(): void {
  const tell = () => client.setEngineOptions(useSettings.getState().settings.speed);
  tell();
  useSettings.subscribe(tell);
  client.onState(({ kind }) => {
    if (kind === 'loading') useLoadedSpeed.setState({ speed: useSettings.getState().settings.speed });
    else if (kind === 'none' || kind === 'failed') useLoadedSpeed.setState({ speed: null });
  });
}
