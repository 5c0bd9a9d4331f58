/** New chat, the conversations, Models and Settings. Beside the chat, or a drawer on a phone. */
import { Boxes, PanelLeftClose, Settings, SquarePen } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { ConversationList } from '../features/chat/ConversationList';
import { ConvertIndicator } from '../features/models/ConvertIndicator';
import { useImport } from '../features/models/import-store';
import { useT } from '../i18n/language';
import { IconButton } from '../ui/Button';
import { cx } from '../ui/cx';
import { Mark } from './Mark';
import { useConvert } from './services';
import { go, type Route } from './use-route';

interface SideBarProps {
  readonly route: Route;
  readonly isWide: boolean;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function SideBar({ route, isWide, isOpen, onClose }: SideBarProps) {
  const t = useT();
  if (isWide)
    return (
      <aside
        aria-label={t('nav.sidebar')}
        className="flex w-64 shrink-0 flex-col border-line border-r bg-sunken"
      >
        {route.screen === 'chat' && <SkipButton />}
        <Content route={route} onClose={undefined} />
      </aside>
    );
  return isOpen ? <Drawer route={route} onClose={onClose} /> : null;
}

function Drawer({ route, onClose }: { route: Route; onClose: () => void }) {
  const t = useT();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the dialog's own
    <dialog
      ref={dialog}
      aria-label={t('nav.sidebar')}
      onCancel={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
      className="m-0 h-dvh max-h-none w-[min(19rem,85vw)] border-line border-r bg-sunken"
    >
      <div className="flex h-full flex-col">
        <Content route={route} onClose={onClose} />
      </div>
    </dialog>
  );
}

function Content({ route, onClose }: { route: Route; onClose: (() => void) | undefined }) {
  const t = useT();
  const currentId = route.screen === 'chat' ? route.conversationId : null;
  const importShare = useImport(({ job }) =>
    job?.progress ? job.progress.bytesDone / Math.max(1, job.progress.bytesTotal) : undefined,
  );
  const navigate = (to: Route) => {
    go(to);
    onClose?.();
  };
  return (
    <>
      <header className="flex h-12 shrink-0 items-center gap-2 pr-1.5 pl-4">
        <Mark className="size-5 text-accent" />
        <span className="font-semibold tracking-[-0.01em]">Aerie</span>
        {onClose && (
          <IconButton icon={PanelLeftClose} label={t('nav.close')} onClick={onClose} className="ml-auto" />
        )}
      </header>
      <div className="px-2 pb-1">
        <NavButton
          icon={SquarePen}
          label={t('nav.newChat')}
          isCurrent={false}
          onClick={() => navigate({ screen: 'chat', conversationId: null })}
        />
      </div>
      <ConversationList
        currentId={currentId}
        onOpen={(conversationId) => navigate({ screen: 'chat', conversationId })}
      />
      <div className="flex flex-col border-line border-t p-2 pb-[max(0.5rem,env(safe-area-inset-bottom))]">
        <ConvertIndicator useConvert={useConvert} look="row" onOpen={() => navigate({ screen: 'models' })} />
        <NavButton
          icon={Boxes}
          label={t('nav.models')}
          note={importShare === undefined ? undefined : t.percent(importShare)}
          isCurrent={route.screen === 'models'}
          onClick={() => navigate({ screen: 'models' })}
        />
        <NavButton
          icon={Settings}
          label={t('nav.settings')}
          isCurrent={route.screen === 'settings' || route.screen === 'bench'}
          onClick={() => navigate({ screen: 'settings' })}
        />
      </div>
    </>
  );
}

/** For the keyboard: past the conversations, straight to writing. */
function SkipButton() {
  const t = useT();
  return (
    <button
      type="button"
      onClick={() => document.getElementById('composer')?.focus()}
      className="sr-only z-50 rounded-md bg-raised px-3 py-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
    >
      {t('app.skip')}
    </button>
  );
}

interface NavButtonProps {
  readonly icon: typeof Boxes;
  readonly label: string;
  readonly isCurrent: boolean;
  /** Beside the label, for the eye only. */
  readonly note?: string | undefined;
  readonly onClick: () => void;
}

function NavButton({ icon: Icon, label, isCurrent, note, onClick }: NavButtonProps) {
  return (
    <button
      type="button"
      aria-current={isCurrent ? 'page' : undefined}
      onClick={onClick}
      className={cx(
        'flex w-full items-center gap-2.5 rounded-md px-2 py-1.5 text-left',
        isCurrent ? 'bg-hover text-ink' : 'text-soft hover:bg-hover/60 hover:text-ink',
      )}
    >
      <Icon size={17} strokeWidth={1.75} aria-hidden />
      {label}
      {note && (
        <span aria-hidden className="numbers ml-auto text-accent text-xs">
          {note}
        </span>
      )}
    </button>
  );
}
