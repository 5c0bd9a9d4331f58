/** The shell: side bar and one screen. Models and Settings are chunks of their own, as is the benchmark. */
import { lazy, Suspense, useEffect, useState } from 'react';
import { ChatProvider } from '../features/chat/context';
import { useT } from '../i18n/language';
import { Toaster } from '../ui/toast';
import { useMedia, WIDE } from '../ui/use-media';
import { ChatScreen } from './ChatScreen';
import { SideBar } from './SideBar';
import { chatStore } from './services';
import { UpdateNotice } from './UpdateNotice';
import { go, useRoute } from './use-route';

const ModelsScreen = lazy(() => import('./ModelsScreen'));
const SettingsScreen = lazy(() => import('./SettingsScreen'));
const BenchScreen = lazy(() => import('./BenchScreen'));

export function App() {
  const route = useRoute();
  const t = useT();
  const isWide = useMedia(WIDE);
  const [isDrawerOpen, setIsDrawerOpen] = useState(false);
  const conversationId = route.screen === 'chat' ? route.conversationId : undefined;

  useEffect(() => {
    if (conversationId !== undefined) void chatStore.getState().open(conversationId);
    setIsDrawerOpen(false);
  }, [conversationId]);

  // A first message gives the new conversation an id, which the address takes over.
  useEffect(
    () =>
      chatStore.subscribe(({ activeId }, before) => {
        if (activeId !== before.activeId && location.hash.match(/^(#\/?(c\/.*)?)?$/))
          go({ screen: 'chat', conversationId: activeId }, { isReplacing: before.activeId === null });
      }),
    [],
  );

  const openDrawer = isWide ? undefined : () => setIsDrawerOpen(true);
  return (
    <ChatProvider store={chatStore}>
      <div className="flex h-full">
        <SideBar route={route} isWide={isWide} isOpen={isDrawerOpen} onClose={() => setIsDrawerOpen(false)} />
        <main className="flex min-w-0 flex-1 flex-col">
          <UpdateNotice />
          {route.screen === 'chat' ? (
            <ChatScreen onOpenDrawer={openDrawer} onNewChat={isWide || isDrawerOpen ? undefined : newChat} />
          ) : (
            <Suspense fallback={<p className="p-6 text-faint">{t('app.loading')}</p>}>
              {route.screen === 'models' ? (
                <ModelsScreen onOpenDrawer={openDrawer} />
              ) : route.screen === 'bench' ? (
                <BenchScreen onOpenDrawer={openDrawer} />
              ) : (
                <SettingsScreen onOpenDrawer={openDrawer} />
              )}
            </Suspense>
          )}
        </main>
      </div>
      <Toaster />
    </ChatProvider>
  );
}

function newChat(): void {
  go({ screen: 'chat', conversationId: null });
}
