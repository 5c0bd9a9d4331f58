import { version } from '../../package.json';
import { GpuFacts } from '../features/doctor/GpuFacts';
import { BUILT_IN_ID } from '../features/models/library';
import { About } from '../features/settings/About';
import { Appearance } from '../features/settings/Appearance';
import { DeleteAll } from '../features/settings/DeleteAll';
import { Persistence } from '../features/settings/Persistence';
import { useSettings } from '../features/settings/settings-store';
import { useT } from '../i18n/language';
import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';
import { Section } from '../ui/Section';
import { useBusy } from './busy';
import { DefaultSampling } from './DefaultSampling';
import { deleteAll } from './delete-all';
import { ScreenFrame } from './ScreenFrame';
import { SpeedSection } from './SpeedSection';
import { useModels } from './services';
import { useInstallOffer } from './use-install';
import { usePwa } from './use-pwa';

export default function SettingsScreen({ onOpenDrawer }: { onOpenDrawer: (() => void) | undefined }) {
  const t = useT();
  const error = useSettings((state) => state.error);
  const isBusy = useBusy();
  const install = useInstallOffer();
  const hasBuiltIn = useModels(({ entries }) =>
    entries.some(({ id, sizeBytes }) => id === BUILT_IN_ID && sizeBytes),
  );
  const isOffline = usePwa().isOfflineReady && hasBuiltIn;
  return (
    <ScreenFrame title={t('settings.title')} onOpenDrawer={onOpenDrawer}>
      {error && <Notice kind="error">{t('app.storageFailed', { message: t.error(error) })}</Notice>}
      <Section title={t('settings.appearance')}>
        <Appearance />
      </Section>
      <Section title={t('settings.sampling')}>
        <DefaultSampling />
      </Section>
      <Section title={t('settings.gpu')}>
        <GpuFacts />
      </Section>
      <SpeedSection />
      <Section title={t('settings.storage')}>
        <Persistence />
        <p className="text-soft">{t(isOffline ? 'pwa.offlineReady' : 'pwa.offlineNotReady')}</p>
        {install && (
          <div className="flex flex-wrap items-center gap-3">
            <p className="min-w-0 flex-1 basis-64 text-soft">{t('settings.installHelp')}</p>
            <Button onClick={install}>{t('settings.install')}</Button>
          </div>
        )}
      </Section>
      <Section title={t('settings.about')}>
        <About version={version} />
      </Section>
      <Section title={t('settings.danger')}>
        <DeleteAll isBusy={isBusy} onDelete={deleteAll} />
      </Section>
    </ScreenFrame>
  );
}
