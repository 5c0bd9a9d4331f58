import { RotateCcw } from 'lucide-react';
import { memo } from 'react';
import { AppError } from '../../core/errors';
import { useT } from '../../i18n/language';
import type { Message } from '../../store/chats';
import { Button, IconButton } from '../../ui/Button';
import { LazyMarkdown } from '../../ui/markdown/LazyMarkdown';
import { Notice } from '../../ui/Notice';
import { CopyButton } from './CopyButton';
import { useChat } from './context';
import { sameMessage } from './UserMessage';
import { VersionSwitch, type Versions } from './VersionSwitch';

interface Props {
  readonly message: Message;
  readonly versions: Versions;
}

export const AssistantMessage = memo(function AssistantMessage({ message, versions }: Props) {
  const t = useT();
  const isStreaming = message.status === 'streaming';
  return (
    <article
      aria-label={t('chat.assistant')}
      aria-busy={isStreaming}
      data-status={message.status}
      className="far-away-skipped group -mx-2 -my-1 flex flex-col px-2 py-1 gap-2"
    >
      {message.droppedMessages !== undefined && (
        <p className="border-warn border-l-2 pl-2.5 text-soft text-xs">
          {t('chat.dropped', { count: message.droppedMessages })}
        </p>
      )}
      {message.content ? (
        <LazyMarkdown text={message.content} isStreaming={isStreaming} />
      ) : (
        isStreaming && <Waiting messageId={message.id} />
      )}
      {message.status === 'error' && <Failure message={message} />}
      {!isStreaming && <Footer message={message} versions={versions} />}
    </article>
  );
}, sameMessage);

/** Before the first token: says what is being waited for. */
function Waiting({ messageId }: { messageId: string }) {
  const t = useT();
  const phase = useChat((state) =>
    state.running?.messageId === messageId ? state.running.phase : undefined,
  );
  return (
    <p className="caret text-faint">{phase === 'waiting' ? t('chat.queued') : phase && t('chat.thinking')}</p>
  );
}

function Failure({ message }: { message: Message }) {
  const t = useT();
  const regenerate = useChat((state) => state.regenerate);
  const isBusy = useChat((state) => state.running !== null);
  const { code, details } = message.error ?? { code: 'internal' as const, details: {} };
  return (
    <Notice
      kind="error"
      action={
        <Button disabled={isBusy} onClick={() => regenerate(message.id)}>
          {t('chat.retry')}
        </Button>
      }
    >
      {t.error(new AppError(code, details))}
    </Notice>
  );
}

function Footer({ message, versions }: Props) {
  const t = useT();
  const regenerate = useChat((state) => state.regenerate);
  const isBusy = useChat((state) => state.running !== null);
  return (
    <div className="-ml-1.5 flex min-h-7 flex-wrap items-center gap-x-1 gap-y-0.5">
      <VersionSwitch versions={versions} />
      {message.content && <CopyButton text={message.content} />}
      <IconButton
        size="small"
        icon={RotateCcw}
        label={t('chat.regenerate')}
        disabled={isBusy}
        onClick={() => regenerate(message.id)}
      />
      <Figures message={message} />
    </div>
  );
}

/** Status and speed, small. */
function Figures({ message }: { message: Message }) {
  const t = useT();
  const { stats, status, finishReason } = message;
  const parts: string[] = [];
  if (status === 'interrupted')
    parts.push(finishReason === 'abort' ? t('chat.stopped') : t('chat.interrupted'));
  if (finishReason === 'length') parts.push(t('chat.lengthReached'));
  if (stats && stats.answerTokens > 0) {
    parts.push(t('chat.tokens', { count: stats.answerTokens }));
    if (stats.tokensPerSecond > 0 && Number.isFinite(stats.tokensPerSecond))
      parts.push(
        t('chat.speed', { rate: t.number(stats.tokensPerSecond, stats.tokensPerSecond < 100 ? 1 : 0) }),
      );
    parts.push(t('chat.firstToken', { time: t.seconds(stats.timeToFirstTokenMs) }));
    const { reusedTokens, promptTokens, draftedTokens, acceptedTokens } = stats;
    if (reusedTokens) parts.push(t('chat.reused', { reused: reusedTokens, total: promptTokens }));
    if (draftedTokens)
      parts.push(t('chat.guessed', { accepted: acceptedTokens ?? 0, drafted: draftedTokens }));
  }
  if (parts.length === 0) return null;
  return <p className="numbers ml-1.5 text-faint text-xs">{parts.join(' · ')}</p>;
}
