/** The chat itself: messages or the first screen, what stands in the way, and the box to write in. */
import type { ReactNode } from 'react';
import { useT } from '../../i18n/language';
import { Notice } from '../../ui/Notice';
import { Composer } from './Composer';
import { activeConversation, useChat } from './context';
import { EmptyChat } from './EmptyChat';
import { MessageList } from './MessageList';

interface ChatViewProps {
  readonly modelName: string;
  readonly isBuiltIn: boolean;
  readonly isModelLoading: boolean;
  /** Why nothing can be sent, or undefined. */
  readonly blocked: string | undefined;
  /** Load progress or what is wrong with the GPU; shown above the composer. */
  readonly status: ReactNode;
  readonly onGoTo: (conversationId: string) => void;
}

export function ChatView({ modelName, isBuiltIn, isModelLoading, blocked, status, onGoTo }: ChatViewProps) {
  const t = useT();
  const conversation = useChat(activeConversation);
  const isOpening = useChat((state) => state.activeId !== null && !activeConversation(state));
  const isElsewhere = useChat((state) =>
    state.answeredElsewhere.some((entry) => entry.conversationId === state.activeId),
  );
  const storageError = useChat((state) => state.storageError);
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col">
      {conversation?.currentLeaf ? (
        <MessageList key={conversation.id} conversation={conversation} />
      ) : isOpening ? (
        <div className="flex-1" />
      ) : (
        <EmptyChat modelName={modelName} isBuiltIn={isBuiltIn} canSend={blocked === undefined} />
      )}
      <div className="mx-auto flex w-full max-w-[46rem] flex-col gap-2 px-3 pb-2 md:px-6">
        {storageError && (
          <Notice kind="error" isAlert>
            {t('app.storageFailed', { message: t.error(storageError) })}
          </Notice>
        )}
        {isElsewhere && <Notice kind="info">{t('chat.otherTab')}</Notice>}
        {status}
      </div>
      <Composer modelName={modelName} blocked={blocked} isModelLoading={isModelLoading} onGoTo={onGoTo} />
    </div>
  );
}
