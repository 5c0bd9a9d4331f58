/** What new conversations set instead of each model's own defaults. */
import { OptionInput } from '../features/chat/OptionInput';
import { OPTION_FIELDS } from '../features/chat/option-fields';
import { useSettings } from '../features/settings/settings-store';
import { useT } from '../i18n/language';

export function DefaultSampling() {
  const t = useT();
  const { settings, change } = useSettings();
  return (
    <div className="flex flex-col gap-3">
      <p className="text-soft">{t('settings.samplingHelp')}</p>
      <div className="grid gap-x-6 gap-y-4 sm:grid-cols-2">
        {OPTION_FIELDS.filter(({ name }) => name !== 'seed').map((field) => (
          <OptionInput
            key={field.name}
            field={field}
            options={settings.sampling}
            defaults={undefined}
            onChange={(sampling) => void change({ sampling })}
          />
        ))}
      </div>
    </div>
  );
}
