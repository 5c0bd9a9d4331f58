/** Models on this machine, the catalogue, and bringing in one's own files, connected with settings and engine. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { useDoctor } from '../features/doctor/doctor-store';
import { Catalogue } from '../features/models/catalogue/Catalogue';
import { cardState } from '../features/models/catalogue/card-state';
import { ConvertPanel } from '../features/models/convert/ConvertPanel';
import type { ConvertPlan } from '../features/models/convert/convert-form';
import { EndNotice } from '../features/models/convert/EndNotice';
import { Getting } from '../features/models/convert/Getting';
import { ResumeDialog } from '../features/models/convert/ResumeDialog';
import { UnfinishedList } from '../features/models/convert/UnfinishedList';
import { useResume } from '../features/models/convert/use-resume';
import { ImportPanel } from '../features/models/ImportPanel';
import { useImport } from '../features/models/import-store';
import { ModelList } from '../features/models/ModelList';
import { StockList } from '../features/models/StockList';
import { useSettings } from '../features/settings/settings-store';
import { useCatalogueT } from '../i18n/catalogue';
import type { ConvertOrder } from '../store/convert-order';
import { readSpace } from '../store/quota';
import { Notice } from '../ui/Notice';
import { Section } from '../ui/Section';
import { StorageMeter } from '../ui/StorageMeter';
import { showToast } from '../ui/toast';
import { isEngineBusy, useEngineBusy } from './busy';
import { ScreenFrame } from './ScreenFrame';
import { chatStore, useConvert, useModels } from './services';
import { go } from './use-route';

export default function ModelsScreen({ onOpenDrawer }: { onOpenDrawer: (() => void) | undefined }) {
  const t = useCatalogueT();
  const { entries, listError, remove } = useModels();
  const { job, listError: unfinishedError, pause, refresh, start, unfinished } = useConvert();
  const { settings, change } = useSettings();
  const adapter = useDoctor((state) => state.report?.adapter);
  const isImporting = useImport((state) => state.job !== null);
  const isBusy = useEngineBusy();
  const [plan, setPlan] = useState<ConvertPlan>();
  const resuming = useResume(useConvert);
  const { gpuMemoryBytes } = settings;
  const machine = useMemo(
    () => ({ adapter, memoryBytes: gpuMemoryBytes ?? undefined }),
    [adapter, gpuMemoryBytes],
  );
  const removable = useMemo(
    () =>
      entries.flatMap(({ id, origin, sizeBytes }) =>
        origin === 'built-in' || sizeBytes === undefined ? [] : [{ id, name: id, sizeBytes }],
      ),
    [entries],
  );
  const error = listError ?? unfinishedError;

  useEffect(() => {
    void refresh();
  }, [refresh]);

  // Started from a card far below, it would run unseen.
  const runningId = job?.order.id;
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (runningId !== undefined) panel.current?.scrollIntoView({ block: 'start' });
  }, [runningId]);

  const onResume = (id: string) => {
    const conversion = unfinished.find((other) => other.id === id);
    if (conversion) resuming.resume(conversion);
  };
  const onStart = (order: ConvertOrder) => {
    setPlan(undefined);
    const { kind } = order.source;
    if (kind === 'hugging-face' || kind === 'modelscope') void change({ preferredHost: kind });
    start(order).catch((reason) => showToast({ text: t.error(reason) }));
  };
  const onRemove = (id: string) => remove(id).catch((reason) => showToast({ text: t.error(reason) }));

  return (
    <ScreenFrame title={t('models.title')} onOpenDrawer={onOpenDrawer}>
      <div ref={panel} className="flex scroll-mt-16 flex-col gap-3 empty:hidden">
        <ConvertPanel useConvert={useConvert} />
        <EndNotice useConvert={useConvert} onUse={(id) => void chatWith(id)} onResume={onResume} />
      </div>
      <Section title={t('models.installed')}>
        <p className="text-soft">{t('models.intro')}</p>
        {error && (
          <Notice kind="error">
            {t('models.listFailed')} {t.error(error)}
          </Notice>
        )}
        <div>
          <ModelList useModels={useModels} isBusy={isBusy} onUse={(id) => void chatWith(id)} />
          <UnfinishedList useConvert={useConvert} onResume={resuming.resume} />
        </div>
      </Section>
      <Section title={t('catalogue.title')}>
        <Catalogue
          machine={machine}
          gpuMemoryBytes={gpuMemoryBytes}
          onGpuMemory={(bytes) => void change({ gpuMemoryBytes: bytes })}
          stateOf={(model) => cardState(model, { entries, job, unfinished })}
          onGet={(model) => setPlan({ name: model.name, model })}
          onPause={pause}
          onResume={onResume}
          onUse={(id) => void chatWith(id)}
        />
      </Section>
      <Section title={t('models.import')}>
        <ImportPanel onImported={() => void useModels.getState().refresh()} onConvert={setPlan} />
      </Section>
      <Section title={t('models.storage')}>
        <StorageMeter read={readSpace} version={`${entries.length} ${isImporting} ${job === null}`} />
      </Section>
      <StockList onUse={(id) => void takeUpStock(id)} />
      <Getting
        plan={plan}
        acceptedLicences={settings.acceptedLicences}
        preferredHost={settings.preferredHost}
        running={job?.order.name}
        removable={removable}
        onAccept={(licence) => void change({ acceptedLicences: [...settings.acceptedLicences, licence] })}
        onRemove={(id) => void onRemove(id)}
        onStart={onStart}
        onClose={() => setPlan(undefined)}
      />
      {resuming.asked && (
        <ResumeDialog
          name={resuming.asked.name}
          order={resuming.asked.order}
          onGiven={resuming.give}
          onClose={resuming.cancel}
        />
      )}
    </ScreenFrame>
  );
}

async function chatWith(modelId: string): Promise<void> {
  const chat = chatStore.getState();
  await chat.open(null);
  chat.setModel(modelId);
  go({ screen: 'chat', conversationId: null });
  // What goes wrong is shown above the composer.
  if (!isEngineBusy())
    await useModels
      .getState()
      .ensure(modelId)
      .catch(() => undefined);
}

async function takeUpStock(modelId: string): Promise<void> {
  await useModels.getState().addStock(modelId);
  await chatWith(modelId);
}
