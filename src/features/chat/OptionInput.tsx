import type { ModelDefaults } from '../../engine/model-info';
import { useT } from '../../i18n/language';
import type { ChatOptions } from '../../store/chats';
import { NumberInput } from '../../ui/NumberInput';
import { defaultOf, type OptionField, parseOption, withOption } from './option-fields';

interface OptionInputProps {
  readonly field: OptionField;
  readonly options: ChatOptions;
  readonly defaults: ModelDefaults | undefined;
  readonly onChange: (options: ChatOptions) => void;
}

export function OptionInput({ field, options, defaults, onChange }: OptionInputProps) {
  const t = useT();
  const fallback = defaultOf(field.name, defaults);
  const placeholder =
    field.name === 'seed'
      ? t('options.random')
      : fallback === undefined
        ? t('settings.samplingPlaceholder')
        : t('options.default', { value: fallback });
  return (
    <NumberInput
      label={t(field.label)}
      help={t(field.help)}
      value={options[field.name]}
      placeholder={placeholder}
      changedLabel={t('options.changed')}
      resetLabel={`${t('options.reset')}: ${t(field.label)}`}
      step={field.step}
      read={(text) => {
        const parsed = parseOption(text, field);
        return parsed.kind === 'invalid'
          ? { kind: 'invalid', message: t(parsed.reason, { min: field.min, max: field.max }) }
          : parsed;
      }}
      onChange={(value) => onChange(withOption(options, field.name, value))}
    />
  );
}
