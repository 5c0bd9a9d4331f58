/** Chat, model menu, load progress and options brought together. */
import { Menu as MenuIcon, SlidersHorizontal, SquarePen } from 'lucide-react';
import { useEffect, useState } from 'react';
import { ChatView } from '../features/chat/ChatView';
import { activeConversation, useChat } from '../features/chat/context';
import { OptionsPanel } from '../features/chat/OptionsPanel';
import { useDoctor } from '../features/doctor/doctor-store';
import { GpuProblem } from '../features/doctor/GpuProblem';
import { ConvertIndicator } from '../features/models/ConvertIndicator';
import { LoadFailure } from '../features/models/LoadFailure';
import { LoadStatus } from '../features/models/LoadStatus';
import { ModelMenu } from '../features/models/ModelMenu';
import { statusOf } from '../features/models/models-store';
import { useSettings } from '../features/settings/settings-store';
import { useT } from '../i18n/language';
import { IconButton } from '../ui/Button';
import { Notice } from '../ui/Notice';
import { loadFirstModel } from './boot';
import { defaultModelId, useConvert, useModels } from './services';
import { go } from './use-route';

interface ChatScreenProps {
  readonly onOpenDrawer: (() => void) | undefined;
  /** Where the side bar with its own button is not on the screen. */
  readonly onNewChat: (() => void) | undefined;
}

export function ChatScreen({ onOpenDrawer, onNewChat }: ChatScreenProps) {
  const t = useT();
  const [isOptionsOpen, setIsOptionsOpen] = useState(false);
  const conversation = useChat(activeConversation);
  const fresh = useChat((state) => state.fresh);
  const settings = useSettings((state) => state.settings);
  const setModel = useChat((state) => state.setModel);
  const setOptions = useChat((state) => state.setOptions);
  const isAnswering = useChat((state) => state.running !== null);
  const { entries, engine, steps, info, isReady } = useModels();
  const report = useDoctor((state) => state.report);

  const start = conversation ?? fresh;
  const modelId = start?.modelId ?? defaultModelId(settings);
  const options = start?.options ?? settings.sampling;
  const entry = entries.find(({ id }) => id === modelId);
  const status = statusOf(entry, modelId, engine);
  const loaded = info?.modelId === modelId ? info : undefined;
  const isConverting = useConvert((state) => state.job !== null);
  const isChipShown = isConverting && onOpenDrawer !== undefined;
  const isMissing = isReady && !entry;
  const problem = report?.problem;
  const blocked = problem || status === 'incomplete' || isMissing ? t('chat.unavailable') : undefined;

  const chooseModel = (id: string) => {
    setModel(id);
    void useModels.getState().ensure(id).catch(ignoreShown);
  };

  const title = conversation && (conversation.title || t('chat.untitled'));
  useEffect(() => {
    document.title = title ? `${title} – Aerie` : 'Aerie';
  }, [title]);

  return (
    <div className="flex min-h-0 flex-1">
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="flex h-12 shrink-0 items-center gap-1 px-2 md:px-3">
          {title && <h1 className="sr-only">{title}</h1>}
          {onOpenDrawer && <IconButton icon={MenuIcon} label={t('nav.open')} onClick={onOpenDrawer} />}
          <ModelMenu
            modelId={modelId}
            entries={entries}
            status={status}
            gpuName={report ? report.adapter?.name : ''}
            load={loaded?.load}
            isDisabled={isAnswering}
            onChoose={chooseModel}
            onManage={() => go({ screen: 'models' })}
          />
          {/* Where the side bar, which shows it too, is not on the screen. */}
          {onOpenDrawer && (
            <ConvertIndicator useConvert={useConvert} look="chip" onOpen={() => go({ screen: 'models' })} />
          )}
          {onNewChat && (
            <IconButton
              icon={SquarePen}
              label={t('nav.newChat')}
              onClick={onNewChat}
              className={isChipShown ? '' : 'ml-auto'}
            />
          )}
          <IconButton
            icon={SlidersHorizontal}
            label={t('options.open')}
            aria-expanded={isOptionsOpen}
            onClick={() => setIsOptionsOpen(!isOptionsOpen)}
            className={onNewChat || isChipShown ? '' : 'ml-auto'}
          />
        </header>
        <ChatView
          modelName={modelId}
          isBuiltIn={entry?.origin === 'built-in'}
          isModelLoading={status === 'loading' || report === null}
          blocked={blocked}
          onGoTo={(conversationId) => go({ screen: 'chat', conversationId })}
          status={
            problem ? (
              <GpuProblem problem={problem} onAgain={() => void loadFirstModel()} />
            ) : isMissing ? (
              <Notice kind="warn">{t('chat.modelMissing', { model: modelId })}</Notice>
            ) : engine.kind === 'failed' && engine.modelId === modelId ? (
              <LoadFailure
                modelName={modelId}
                error={engine.error}
                onAgain={() => void useModels.getState().ensure(modelId).catch(ignoreShown)}
              />
            ) : status === 'loading' ? (
              <LoadStatus modelName={modelId} steps={steps} />
            ) : null
          }
        />
      </div>
      {isOptionsOpen && (
        <OptionsPanel
          key={conversation?.id ?? 'new'}
          options={options}
          defaults={loaded?.defaults ?? entry?.defaults}
          contextLength={loaded?.contextLength ?? entry?.contextLength}
          onChange={setOptions}
          onClose={() => setIsOptionsOpen(false)}
        />
      )}
    </div>
  );
}

function ignoreShown(): void {
  // The state of the models shows it.
}
