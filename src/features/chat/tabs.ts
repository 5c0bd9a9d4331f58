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
  /** Holds the lock of a conversation while `work` runs. */
  whileAnswering<T>(id: string, work: () => Promise<T>): Promise<T>;
  isAnswered(id: string): Promise<boolean>;
  /** Resolves when nobody answers there any more. */
  untilFree(id: string): Promise<void>;
}

const CHANNEL = 'aerie-chats';
const lockName = (id: string) => `aerie-answer:${id}`;

export function connectTabs(onMessage: (message: TabMessage) => void): Tabs {
  const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(CHANNEL);
  if (channel) channel.onmessage = (event: MessageEvent<TabMessage>) => onMessage(event.data);
  const locks = globalThis.navigator?.locks;
  return {
    tell: (message) => channel?.postMessage(message),
    whileAnswering: (id, work) => (locks ? locks.request(lockName(id), { mode: 'shared' }, work) : work()),
    isAnswered: async (id) => {
      const held = (await locks?.query())?.held ?? [];
      return held.some((lock) => lock.name === lockName(id));
    },
    untilFree: async (id) => {
      await locks?.request(lockName(id), () => undefined);
    },
  };
}
