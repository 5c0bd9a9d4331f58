/**
 * What the tabs of one browser tell each other about conversations, and who is answering where. A lock is
 * held while an answer is written; locks vanish with a tab that crashes, so an answer left in state
 * `streaming` without a lock was interrupted.
 */
export type TabMessage =
  | { readonly kind: 'changed'; readonly id: string }
  | { readonly kind: 'deleted'; readonly id: string }
  | { readonly kind: 'cleared' };

export interface Tabs {
  tell(message: TabMessage): void;
  /** Holds the lock of an answer, by the id of its message, while `work` runs. */
  whileAnswering<T>(messageId: string, work: () => Promise<T>): Promise<T>;
  isAnswered(messageId: string): Promise<boolean>;
  /** Resolves when nobody writes that answer any more. */
  untilFree(messageId: string): Promise<void>;
}

const CHANNEL = 'aerie-chats';
const lockName = (messageId: string) => `aerie-answer:${messageId}`;

export function connectTabs(onMessage: (message: TabMessage) => void): Tabs {
  const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(CHANNEL);
  if (channel) channel.onmessage = (event: MessageEvent<TabMessage>) => onMessage(event.data);
  const locks = globalThis.navigator?.locks;
  return {
    tell: (message) => channel?.postMessage(message),
    whileAnswering: (messageId, work) => (locks ? locks.request(lockName(messageId), work) : work()),
    isAnswered: async (messageId) => {
      const held = (await locks?.query())?.held ?? [];
      return held.some((lock) => lock.name === lockName(messageId));
    },
    untilFree: async (messageId) => {
      await locks?.request(lockName(messageId), () => undefined);
    },
  };
}
