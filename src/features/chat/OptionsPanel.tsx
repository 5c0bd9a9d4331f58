/** System prompt and sampling of one conversation, each with the model's own default beside it. */
import { X } from 'lucide-react';
import { useEffect, useId, useRef } from 'react';
import type { ModelDefaults } from '../../engine/model-info';
import { useT } from '../../i18n/language';
import type { ChatOptions } from '../../store/chats';
import { Button, IconButton } from '../../ui/Button';
import { OptionInput } from './OptionInput';
import { fieldsFor, SYSTEM_PROMPT_LIMIT, withOption } from './option-fields';

interface OptionsPanelProps {
  readonly options: ChatOptions;
  readonly defaults: ModelDefaults | undefined;
  /** Of the model, once it is known. */
  readonly contextLength: number | undefined;
  readonly onChange: (options: ChatOptions) => void;
  readonly onClose: () => void;
}

export function OptionsPanel({ options, defaults, contextLength, onChange, onClose }: OptionsPanelProps) {
  const t = useT();
  const panel = useRef<HTMLElement>(null);
  const systemId = useId();
  const isTooLong = (options.systemPrompt ?? '').length > SYSTEM_PROMPT_LIMIT;

  useEffect(() => {
    panel.current?.querySelector('textarea')?.focus();
  }, []);

  return (
    <aside
      ref={panel}
      aria-label={t('options.title')}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.nativeEvent.isComposing) onClose();
      }}
      className="fixed inset-0 z-20 flex flex-col overflow-y-auto bg-canvas md:static md:w-80 md:shrink-0 md:border-line md:border-l md:bg-sunken"
    >
      <header className="sticky top-0 z-10 flex h-12 shrink-0 items-center justify-between border-line border-b bg-inherit pr-1.5 pl-4">
        <h2 className="font-semibold">{t('options.title')}</h2>
        <IconButton icon={X} label={t('options.close')} onClick={onClose} />
      </header>
      <div className="flex flex-col gap-4 p-4">
        <p className="text-soft text-xs">{t('options.scope')}</p>
        <div className="flex flex-col gap-1">
          <div className="flex min-h-7 items-center gap-2">
            <label htmlFor={systemId} className="font-medium">
              {t('options.system')}
            </label>
            {options.systemPrompt !== undefined && (
              <span className="rounded bg-accent-soft px-1.5 text-2xs text-accent">
                {t('options.changed')}
              </span>
            )}
          </div>
          <textarea
            id={systemId}
            rows={4}
            value={options.systemPrompt ?? ''}
            aria-invalid={isTooLong}
            aria-describedby={`${systemId}-help`}
            onChange={(event) => {
              const text = event.target.value;
              onChange(withOption(options, 'systemPrompt', text === '' ? undefined : text));
            }}
            className="field max-h-80 resize-y"
          />
          <p id={`${systemId}-help`} className={isTooLong ? 'text-danger text-xs' : 'text-faint text-xs'}>
            {isTooLong ? t('options.tooLong', { max: SYSTEM_PROMPT_LIMIT }) : t('options.systemHelp')}
          </p>
        </div>
        {fieldsFor(contextLength).map((field) => (
          <OptionInput
            key={field.name}
            field={field}
            options={options}
            defaults={defaults}
            onChange={onChange}
          />
        ))}
        <Button
          onClick={() => onChange({})}
          disabled={Object.keys(options).length === 0}
          className="self-start"
        >
          {t('options.resetAll')}
        </Button>
      </div>
    </aside>
  );
}
