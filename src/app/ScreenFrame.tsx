/** Header and scrolling body that every screen but the chat has. */
import { ArrowLeft, Menu } from 'lucide-react';
import { type ReactNode, useEffect } from 'react';
import { useT } from '../i18n/language';
import { Button, IconButton } from '../ui/Button';
import { chatStore } from './services';
import { go, type Route } from './use-route';

interface ScreenFrameProps {
  readonly title: string;
  readonly onOpenDrawer: (() => void) | undefined;
  readonly children: ReactNode;
  /** Where the screen was reached from; absent: the chat. */
  readonly back?: { readonly label: string; readonly to: Route };
}

export function ScreenFrame({ title, onOpenDrawer, children, back }: ScreenFrameProps) {
  const t = useT();
  useEffect(() => {
    document.title = `${title} – Aerie`;
  }, [title]);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="flex h-12 shrink-0 items-center gap-2 px-2 md:px-3">
        {onOpenDrawer && <IconButton icon={Menu} label={t('nav.open')} onClick={onOpenDrawer} />}
        <Button
          look="quiet"
          icon={ArrowLeft}
          className="px-2"
          onClick={() => go(back?.to ?? { screen: 'chat', conversationId: chatStore.getState().activeId })}
        >
          {back?.label ?? t('nav.back')}
        </Button>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex w-full max-w-[46rem] flex-col gap-8 px-4 pt-4 pb-16 md:px-6">
          <h1 className="font-semibold text-[1.375rem] tracking-[-0.01em]">{title}</h1>
          {children}
        </div>
      </div>
    </div>
  );
}
