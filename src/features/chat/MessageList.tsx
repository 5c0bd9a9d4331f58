/** The visible branch of a conversation, and a polite announcer for what a screen reader should hear. */
import { ArrowDown } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { AppError } from '../../core/errors';
import { type Translator, useT } from '../../i18n/language';
import type { Conversation, Message } from '../../store/chats';
import { IconButton } from '../../ui/Button';
import { AssistantMessage } from './AssistantMessage';
import { versionsOf, visiblePath } from './tree';
import { UserMessage } from './UserMessage';
import { useStickToBottom } from './use-stick-to-bottom';

export function MessageList({ conversation }: { conversation: Conversation }) {
  const t = useT();
  const path = useMemo(() => visiblePath(conversation), [conversation]);
  const { scroller, content, isAtEnd, toEnd } = useStickToBottom();
  const last = path.at(-1);
  const lastQuestion = path.findLast((message) => message.role === 'user')?.id;

  // Sending, and opening another conversation, always show the end.
  // biome-ignore lint/correctness/useExhaustiveDependencies: these changes are the reason to scroll
  useEffect(toEnd, [conversation.id, lastQuestion, toEnd]);

  return (
    <div className="relative min-h-0 flex-1">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <div ref={scroller} tabIndex={0} className="h-full overflow-y-auto outline-offset-[-2px]" data-scroller>
        {/* Tokens are not read out one by one: the announcer below says when an answer starts and ends. */}
        <div
          ref={content}
          role="log"
          aria-live="off"
          aria-label={t('chat.log')}
          className="mx-auto flex w-full max-w-[46rem] flex-col gap-4 px-4 pt-6 pb-8 md:px-6"
        >
          {path.map((message) => {
            const versions = versionsOf(conversation, message.id);
            return message.role === 'user' ? (
              <UserMessage key={message.id} message={message} versions={versions} />
            ) : (
              <AssistantMessage key={message.id} message={message} versions={versions} />
            );
          })}
        </div>
      </div>
      {!isAtEnd && (
        <IconButton
          icon={ArrowDown}
          label={t('chat.toBottom')}
          onClick={toEnd}
          className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full border border-line bg-raised shadow-[0_4px_14px_var(--shadow)]"
        />
      )}
      <Announcer message={last} />
    </div>
  );
}

/** Says that an answer began and how it ended, with its text once it is whole. */
function Announcer({ message }: { message: Message | undefined }) {
  const t = useT();
  const [text, setText] = useState('');
  const before = useRef<Message | undefined>(undefined);
  useEffect(() => {
    const old = before.current;
    before.current = message;
    if (!old || !message || message.role !== 'assistant') return;
    if (old.id === message.id && old.status === message.status) return;
    // Only what happened while it was watched; opening an old conversation says nothing.
    if (message.status === 'streaming' || old.status === 'streaming') setText(announcement(message, t));
  }, [message, t]);
  return (
    <div role="status" className="sr-only">
      {text}
    </div>
  );
}

function announcement(message: Message, t: Translator): string {
  if (message.status === 'streaming') return t('chat.announceStart');
  if (message.status === 'done') return `${t('chat.announceDone')}: ${message.content}`;
  if (message.status === 'interrupted') return t('chat.announceInterrupted');
  const error = message.error ?? { code: 'internal', details: {} };
  return t('chat.announceError', { message: t.error(new AppError(error.code, error.details)) });
}
