import { Pencil } from 'lucide-react';
import { memo, useEffect, useRef, useState } from 'react';
import { useT } from '../../i18n/language';
import type { Message } from '../../store/chats';
import { Button, IconButton } from '../../ui/Button';
import { useEnter } from '../../ui/use-enter';
import { CopyButton } from './CopyButton';
import { useChat } from './context';
import { VersionSwitch, type Versions } from './VersionSwitch';

interface Props {
  readonly message: Message;
  readonly versions: Versions;
}

/** What the user wrote, exactly as written, and the way to send it again changed. */
export const UserMessage = memo(function UserMessage({ message, versions }: Props) {
  const t = useT();
  const [isEditing, setIsEditing] = useState(false);
  const isBusy = useChat((state) => state.running !== null);
  return (
    <article
      aria-label={t('chat.you')}
      data-status={message.status}
      className="far-away-skipped group -mx-2 -my-1 flex flex-col px-2 py-1 items-end gap-0.5"
    >
      {isEditing ? (
        <EditBox message={message} onClose={() => setIsEditing(false)} />
      ) : (
        <>
          <div className="max-w-[85%] whitespace-pre-wrap rounded-xl rounded-br-sm bg-bubble px-3.5 py-2 text-[0.9375rem] leading-[1.65] [overflow-wrap:anywhere]">
            {message.content}
          </div>
          <div className="flex items-center transition-opacity md:opacity-0 md:group-focus-within:opacity-100 md:group-hover:opacity-100">
            <VersionSwitch versions={versions} />
            <CopyButton text={message.content} />
            <IconButton
              size="small"
              icon={Pencil}
              label={t('chat.edit')}
              disabled={isBusy}
              onClick={() => setIsEditing(true)}
            />
          </div>
        </>
      )}
    </article>
  );
}, sameMessage);

export function sameMessage(before: Props, after: Props): boolean {
  return (
    before.message === after.message &&
    before.versions.position === after.versions.position &&
    before.versions.ids.join() === after.versions.ids.join()
  );
}

function EditBox({ message, onClose }: { message: Message; onClose: () => void }) {
  const t = useT();
  const [text, setText] = useState(message.content);
  const box = useRef<HTMLTextAreaElement>(null);
  const edit = useChat((state) => state.edit);
  const isBusy = useChat((state) => state.running !== null);
  const isSendable = text.trim() !== '' && !isBusy;

  useEffect(() => {
    box.current?.focus();
    box.current?.setSelectionRange(message.content.length, message.content.length);
  }, [message.content]);

  const send = () => {
    if (!isSendable) return;
    onClose();
    edit(message.id, text);
  };
  const keys = useEnter({ onEnter: send, onEscape: onClose });

  return (
    <div className="w-full rounded-xl border border-line-strong bg-raised p-2 focus-within:border-accent">
      <textarea
        ref={box}
        aria-label={t('chat.editField')}
        value={text}
        rows={2}
        onChange={(event) => setText(event.target.value)}
        className="field-sizing-content block max-h-[50vh] w-full resize-none bg-transparent px-1.5 py-1 text-base leading-[1.65] outline-none md:text-[0.9375rem]"
        {...keys}
      />
      <div className="flex flex-wrap items-center justify-end gap-2 pt-1">
        <span className="mr-auto pl-1.5 text-faint text-xs">{t('chat.editHint')}</span>
        <Button look="quiet" onClick={onClose}>
          {t('chat.cancel')}
        </Button>
        <Button look="primary" disabled={!isSendable} onClick={send}>
          {t('chat.resend')}
        </Button>
      </div>
    </div>
  );
}
