/** How models run, what the loaded one runs with, and the way to the benchmark. */
import { Speed } from '../features/settings/Speed';
import { useSettings } from '../features/settings/settings-store';
import { useSpeedT } from '../i18n/speed';
import { Button } from '../ui/Button';
import { Section } from '../ui/Section';
import { useEngineBusy } from './busy';
import { useLoadedSpeed } from './loaded-speed';
import { useModels } from './services';
import { go } from './use-route';

export function SpeedSection() {
  const t = useSpeedT();
  const { engine, entries, reload } = useModels();
  const isBusy = useEngineBusy();
  const wanted = useSettings((state) => state.settings.speed);
  const loaded = useLoadedSpeed((state) => state.speed);
  const modelId = engine.kind === 'ready' || engine.kind === 'generating' ? engine.modelId : undefined;
  // web-llm's own engine knows none of this.
  const isStock = entries.some(({ id, origin }) => id === modelId && origin === 'stock');
  const isStale =
    loaded !== null &&
    (wanted.int8Activations !== loaded.int8Activations ||
      wanted.int8Kv !== loaded.int8Kv ||
      wanted.speculation !== loaded.speculation);
  return (
    <Section title={t('speed.title')}>
      <Speed
        model={isStock ? undefined : modelId}
        isStale={isStale}
        isLoading={engine.kind === 'loading'}
        isBusy={isBusy}
        // What goes wrong is shown above the composer and in the list of models.
        onReload={() => void reload().catch(() => undefined)}
      />
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-0 flex-1 basis-64 text-soft">{t('speed.benchHelp')}</p>
        <Button onClick={() => go({ screen: 'bench' })}>{t('speed.bench')}</Button>
      </div>
    </Section>
  );
}
