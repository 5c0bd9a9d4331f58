import { Ellipsis, Pencil, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useT } from '../../i18n/language';
import type { ConversationMeta } from '../../store/chats';
import { cx } from '../../ui/cx';
import { Menu, MenuItem } from '../../ui/Menu';
import { showToast } from '../../ui/toast';
import { useEnter } from '../../ui/use-enter';
import { useChat } from './context';

interface ConversationItemProps {
  readonly meta: ConversationMeta;
  readonly isCurrent: boolean;
  readonly onOpen: (id: string | null) => void;
}

export function ConversationItem({ meta, isCurrent, onOpen }: ConversationItemProps) {
  const t = useT();
  const [isRenaming, setIsRenaming] = useState(false);
  const remove = useChat((state) => state.remove);
  const isAnswering = useChat((state) => state.running?.conversationId === meta.id);
  const title = meta.title || t('chat.untitled');

  const onDelete = async () => {
    const undo = await remove(meta.id);
    if (isCurrent) onOpen(null);
    showToast({
      text: t('chat.deleted', { title }),
      action: {
        label: t('chat.undo'),
        run: () => void undo().then(() => isCurrent && onOpen(meta.id)),
      },
    });
  };

  if (isRenaming) return <RenameBox meta={meta} onDone={() => setIsRenaming(false)} />;
  return (
    <li
      className={cx('group/item flex items-center rounded-md', isCurrent ? 'bg-hover' : 'hover:bg-hover/60')}
    >
      <button
        type="button"
        aria-current={isCurrent ? 'page' : undefined}
        title={`${title}\n${t.when(meta.updatedAt)}`}
        onClick={() => onOpen(meta.id)}
        className="flex min-w-0 flex-1 items-center gap-2 rounded-md px-2 py-1.5 text-left"
      >
        <span className={cx('truncate', isCurrent ? 'text-ink' : 'text-soft')}>{title}</span>
        {isAnswering && <span className="size-1.5 shrink-0 rounded-full bg-accent" aria-hidden />}
      </button>
      <span className="transition-opacity focus-within:opacity-100 group-hover/item:opacity-100 md:opacity-0 md:has-aria-expanded:opacity-100">
        <Menu
          label={t('chat.actions', { title })}
          align="right"
          trigger={<Ellipsis size={16} aria-hidden />}
          triggerClass="inline-flex size-7 items-center justify-center rounded-md text-faint hover:text-ink"
        >
          {(close) => (
            <>
              <MenuItem
                onSelect={() => {
                  close();
                  setIsRenaming(true);
                }}
              >
                <Pencil size={15} aria-hidden />
                {t('chat.rename')}
              </MenuItem>
              <MenuItem
                isDanger
                onSelect={() => {
                  close();
                  void onDelete();
                }}
              >
                <Trash2 size={15} aria-hidden />
                {t('chat.delete')}
              </MenuItem>
            </>
          )}
        </Menu>
      </span>
    </li>
  );
}

function RenameBox({ meta, onDone }: { meta: ConversationMeta; onDone: () => void }) {
  const t = useT();
  const [title, setTitle] = useState(meta.title);
  const input = useRef<HTMLInputElement>(null);
  const isCancelled = useRef(false);
  const rename = useChat((state) => state.rename);
  useEffect(() => input.current?.select(), []);
  const keys = useEnter({
    onEnter: () => input.current?.blur(),
    onEscape: () => {
      isCancelled.current = true;
      input.current?.blur();
    },
  });
  return (
    <li className="px-0.5 py-0.5">
      <input
        ref={input}
        aria-label={t('chat.titleField')}
        value={title}
        maxLength={200}
        onChange={(event) => setTitle(event.target.value)}
        onBlur={() => {
          if (!isCancelled.current) void rename(meta.id, title);
          onDone();
        }}
        className="field"
        {...keys}
      />
    </li>
  );
}
