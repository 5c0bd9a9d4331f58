import { useT } from '../../i18n/language';
import { Choice } from '../../ui/Choice';
import { useSettings } from './settings-store';

export function Appearance() {
  const t = useT();
  const { settings, change } = useSettings();
  return (
    <div className="flex flex-col gap-3">
      <Choice
        label={t('settings.language')}
        value={settings.language ?? 'auto'}
        options={[
          { value: 'auto', label: t('settings.languageAuto') },
          { value: 'zh', label: '中文' },
          { value: 'en', label: 'English' },
        ]}
        onChange={(value) => void change({ language: value === 'auto' ? null : value })}
      />
      <Choice
        label={t('settings.theme')}
        value={settings.theme ?? 'auto'}
        options={[
          { value: 'auto', label: t('settings.themeAuto') },
          { value: 'light', label: t('settings.themeLight') },
          { value: 'dark', label: t('settings.themeDark') },
        ]}
        onChange={(value) => void change({ theme: value === 'auto' ? null : value })}
      />
    </div>
  );
}
