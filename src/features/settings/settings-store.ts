/**
 * The user's settings: read once before the first render, applied to the page, written at every change and
 * passed on to other tabs.
 */
import { create } from 'zustand';
import { AppError } from '../../core/errors';
import { languageOf, systemLanguage, useLanguageStore } from '../../i18n/language';
import {
  DEFAULT_SETTINGS,
  parseSettings,
  readSettings,
  type Settings,
  writeSettings,
} from '../../store/settings';

interface SettingsState {
  readonly settings: Settings;
  readonly error: AppError | null;
  boot(): Promise<void>;
  change(patch: Partial<Settings>): Promise<void>;
}

const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('aerie-settings');

export const useSettings = create<SettingsState>()((set, get) => ({
  settings: DEFAULT_SETTINGS,
  error: null,

  async boot() {
    try {
      set({ settings: await readSettings() });
    } catch (error) {
      set({ error: AppError.from(error) });
    }
    apply(get().settings, addressLanguage());
    if (channel)
      channel.onmessage = ({ data }: MessageEvent<unknown>) => {
        const settings = parseSettings(data);
        set({ settings });
        apply(settings);
      };
  },

  async change(patch) {
    const settings = { ...get().settings, ...patch };
    set({ settings });
    if ('language' in patch) dropAddressLanguage();
    apply(settings, addressLanguage());
    try {
      await writeSettings(settings);
      channel?.postMessage(settings);
      set({ error: null });
    } catch (error) {
      set({ error: AppError.from(error) });
    }
  },
}));

/** `?lang=` chooses for this visit, until the user chooses in Settings. */
function addressLanguage() {
  return languageOf(new URLSearchParams(location.search).get('lang'));
}

function dropAddressLanguage(): void {
  const url = new URL(location.href);
  url.searchParams.delete('lang');
  history.replaceState(history.state, '', url);
}

/** Read by public/theme.js before the first paint. */
const THEME_KEY = 'aerie-theme';

/** `--canvas` of ui/styles.css, for the browser's own frame. */
const CANVAS = { light: '#fdfdfc', dark: '#131518' } as const;

function apply({ language, theme }: Settings, override?: 'zh' | 'en'): void {
  const shown = override ?? language ?? systemLanguage(navigator.languages);
  useLanguageStore.getState().setLanguage(shown);
  const root = document.documentElement;
  root.lang = shown === 'zh' ? 'zh-CN' : 'en';
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  try {
    if (theme) localStorage.setItem(THEME_KEY, theme);
    else localStorage.removeItem(THEME_KEY);
  } catch {
    // Without it the stored theme shows a moment later.
  }
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]'))
    meta.content = CANVAS[theme ?? (meta.media.includes('dark') ? 'dark' : 'light')];
}
