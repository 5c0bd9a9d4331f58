import { createContext, type ReactNode, useContext } from 'react';
import { useStore } from 'zustand';
import type { Conversation } from '../../store/chats';
import type { ChatState, ChatStore } from './chat-state';

const ChatContext = createContext<ChatStore | null>(null);

export function ChatProvider({ store, children }: { store: ChatStore; children: ReactNode }) {
  return <ChatContext value={store}>{children}</ChatContext>;
}

export function useChat<T>(selector: (state: ChatState) => T): T {
  const store = useContext(ChatContext);
  if (!store) throw new Error('useChat needs a ChatProvider');
  return useStore(store, selector);
}

export function activeConversation(state: ChatState): Conversation | undefined {
  return state.activeId === null ? undefined : state.conversations[state.activeId];
}
