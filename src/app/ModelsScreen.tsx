import { ImportPanel } from '../features/models/ImportPanel';
import { useImport } from '../features/models/import-store';
import { ModelList } from '../features/models/ModelList';
import { StockList } from '../features/models/StockList';
import { useT } from '../i18n/language';
import { readSpace } from '../store/quota';
import { Notice } from '../ui/Notice';
import { Section } from '../ui/Section';
import { StorageMeter } from '../ui/StorageMeter';
import { useBusy } from './busy';
import { ScreenFrame } from './ScreenFrame';
import { chatStore, useModels } from './services';
import { go } from './use-route';

export default function ModelsScreen({ onOpenDrawer }: { onOpenDrawer: (() => void) | undefined }) {
  const t = useT();
  const entries = useModels((state) => state.entries);
  const listError = useModels((state) => state.listError);
  const isImporting = useImport((state) => state.job !== null);
  const isBusy = useBusy();

  const onUse = async (modelId: string) => {
    const chat = chatStore.getState();
    await chat.open(null);
    chat.setModel(modelId);
    go({ screen: 'chat', conversationId: null });
    // What goes wrong is shown above the composer.
    if (!isBusy)
      await useModels
        .getState()
        .ensure(modelId)
        .catch(() => undefined);
  };
  const onUseStock = async (modelId: string) => {
    await useModels.getState().addStock(modelId);
    await onUse(modelId);
  };

  return (
    <ScreenFrame title={t('models.title')} onOpenDrawer={onOpenDrawer}>
      <Section title={t('models.installed')}>
        <p className="text-soft">{t('models.intro')}</p>
        {listError && (
          <Notice kind="error">
            {t('models.listFailed')} {t.error(listError)}
          </Notice>
        )}
        <ModelList useModels={useModels} isBusy={isBusy} onUse={(id) => void onUse(id)} />
      </Section>
      <Section title={t('models.import')}>
        <ImportPanel onImported={() => void useModels.getState().refresh()} />
      </Section>
      <Section title={t('models.storage')}>
        <StorageMeter read={readSpace} version={`${entries.length} ${isImporting}`} />
      </Section>
      <StockList onUse={(id) => void onUseStock(id)} />
    </ScreenFrame>
  );
}
