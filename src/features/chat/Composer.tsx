/**
 * Where the user writes. Always open for typing; when it cannot send, it says why. While the model loads a
 * message may be sent already: it waits for the model (see answering.ts).
 */
import { ArrowUp, Square } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useT } from '../../i18n/language';
import { useEnter } from '../../ui/use-enter';
import { useMedia, WIDE } from '../../ui/use-media';
import { NEW } from './chat-state';
import { useChat } from './context';

interface ComposerProps {
  readonly modelName: string;
  /** Why nothing can be sent, or undefined. */
  readonly blocked: string | undefined;
  readonly isModelLoading: boolean;
  readonly onGoTo: (conversationId: string) => void;
}

export function Composer({ modelName, blocked, isModelLoading, onGoTo }: ComposerProps) {
  const t = useT();
  const box = useRef<HTMLTextAreaElement>(null);
  const isWide = useMedia(WIDE);
  const activeId = useChat((state) => state.activeId);
  const text = useChat((state) => state.drafts[state.activeId ?? NEW] ?? '');
  const running = useChat((state) => state.running);
  const setDraft = useChat((state) => state.setDraft);
  const send = useChat((state) => state.send);
  const stop = useChat((state) => state.stop);

  const isAnsweringHere = running !== null && running.conversationId === activeId;
  const busyElsewhere = running !== null && !isAnsweringHere ? running.conversationId : undefined;
  const isSendable = text.trim() !== '' && running === null && blocked === undefined;

  // Ready to type on opening and on changing the conversation; on a phone that would raise the keyboard.
  // biome-ignore lint/correctness/useExhaustiveDependencies: activeId is the reason to focus
  useEffect(() => {
    if (isWide) box.current?.focus({ preventScroll: true });
  }, [activeId, isWide]);

  const submit = () => {
    if (isSendable) send(text);
  };
  const keys = useEnter({
    onEnter: submit,
    onEscape: isAnsweringHere ? stop : undefined,
  });

  return (
    <div className="mx-auto w-full max-w-[46rem] px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] md:px-6">
      <div className="flex items-end gap-1 rounded-xl border border-line-strong bg-raised p-1.5 shadow-[0_1px_6px_var(--shadow)] transition-colors focus-within:border-accent">
        <textarea
          ref={box}
          id="composer"
          aria-label={t('chat.message')}
          aria-describedby="composer-hint"
          placeholder={t('chat.placeholder', { model: modelName })}
          value={text}
          rows={1}
          onChange={(event) => setDraft(event.target.value)}
          className="field-sizing-content block max-h-[40vh] min-h-9 min-w-0 flex-1 resize-none bg-transparent px-2 py-1.5 text-base leading-6 outline-none md:text-[0.9375rem]"
          {...keys}
        />
        {isAnsweringHere ? (
          <RoundButton label={t('chat.stop')} onClick={stop}>
            <Square size={13} fill="currentColor" aria-hidden />
          </RoundButton>
        ) : (
          <RoundButton label={t('chat.send')} onClick={submit} isDisabled={!isSendable}>
            <ArrowUp size={18} strokeWidth={2} aria-hidden />
          </RoundButton>
        )}
      </div>
      <p id="composer-hint" className="mt-1.5 flex flex-wrap gap-x-2 px-2 text-faint text-xs empty:hidden">
        {busyElsewhere ? (
          <>
            {t('chat.busyElsewhere')}
            <button
              type="button"
              onClick={() => onGoTo(busyElsewhere)}
              className="font-medium text-accent underline underline-offset-2"
            >
              {t('chat.goThere')}
            </button>
          </>
        ) : (
          (blocked ?? (isModelLoading ? t('chat.loading') : isWide ? t('chat.hint') : ''))
        )}
      </p>
    </div>
  );
}

interface RoundButtonProps {
  readonly label: string;
  readonly onClick: () => void;
  readonly isDisabled?: boolean;
  readonly children: ReactNode;
}

function RoundButton({ label, onClick, isDisabled = false, children }: RoundButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      disabled={isDisabled}
      onClick={onClick}
      className="inline-flex size-9 shrink-0 items-center justify-center rounded-lg bg-accent text-on-accent transition-colors hover:bg-accent-hover disabled:bg-hover disabled:text-faint"
    >
      {children}
    </button>
  );
}
