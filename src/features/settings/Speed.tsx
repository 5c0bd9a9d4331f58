/** How models run: what makes them faster, or conversations longer, at a price, and the model that does not run so yet. */
import { useSpeedT } from '../../i18n/speed';
import type { SpeedSettings } from '../../store/settings';
import { Button } from '../../ui/Button';
import { Switch } from '../../ui/Switch';
import { useSettings } from './settings-store';

interface SpeedProps {
  /** Id of the model in our own engine; undefined: none. */
  readonly model: string | undefined;
  /** That model was loaded with other settings. */
  readonly isStale: boolean;
  readonly isLoading: boolean;
  /** It must not be reloaded now. */
  readonly isBusy: boolean;
  readonly onReload: () => void;
}

export function Speed({ model, isStale, isLoading, isBusy, onReload }: SpeedProps) {
  const t = useSpeedT();
  const { settings, change } = useSettings();
  const { speed } = settings;
  const set = (patch: Partial<SpeedSettings>) => void change({ speed: { ...speed, ...patch } });
  const note = isLoading
    ? t('speed.loading')
    : model === undefined || !isStale
      ? t('speed.atLoad')
      : t(isBusy ? 'speed.staleBusy' : 'speed.stale', { model });
  return (
    <div className="flex flex-col gap-4">
      <Switch
        label={t('speed.int8')}
        help={t('speed.int8Help')}
        isOn={speed.int8Activations}
        onChange={(int8Activations) => set({ int8Activations })}
      />
      <Switch
        label={t('speed.kv')}
        help={t('speed.kvHelp')}
        isOn={speed.int8Kv}
        onChange={(int8Kv) => set({ int8Kv })}
      />
      <Switch
        label={t('speed.guess')}
        help={t('speed.guessHelp')}
        isOn={speed.speculation === 'auto'}
        onChange={(isOn) => set({ speculation: isOn ? 'auto' : 'off' })}
      />
      <div className="flex min-h-8 flex-wrap items-center gap-3">
        <p role="status" className="min-w-0 flex-1 basis-64 text-soft">
          {note}
        </p>
        {model !== undefined && isStale && !isLoading && (
          <Button look="primary" disabled={isBusy} onClick={onReload}>
            {t('speed.reload')}
          </Button>
        )}
      </div>
    </div>
  );
}
