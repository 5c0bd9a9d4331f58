/**
 * State of the chat: the list of conversations, those opened so far, drafts, and the one answer that may be
 * under way. Writing an answer is in answering.ts; how records are kept is in store/chats.ts.
 *
 *   send / regenerate / edit --> running { waiting --> reading --> writing } --> null
 *
 * A conversation that holds no message yet is not stored: it lives in `fresh` under the id NEW.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { AppError } from '../../core/errors';
import type { ChatOptions, Conversation, ConversationMeta } from '../../store/chats';
import * as storage from '../../store/chats';
import { answer } from './answering';
import type { ChatPorts } from './ports';
import { Saver } from './saver';
import { connectTabs, type TabMessage, type Tabs } from './tabs';
import { addMessage, patchMessage, showBranch, titleFrom } from './tree';

/** Key of the draft and options of a conversation that has no message yet. */
export const NEW = 'new';

export interface RunningAnswer {
  readonly conversationId: string;
  readonly messageId: string;
  /** Waiting for the model to load, reading the prompt, writing tokens. */
  readonly phase: 'waiting' | 'reading' | 'writing';
}

export interface ChatState {
  readonly isReady: boolean;
  readonly index: readonly ConversationMeta[];
  readonly conversations: Readonly<Record<string, Conversation>>;
  /** null: the new conversation. */
  readonly activeId: string | null;
  /** Model and options of the new conversation once the user has changed them. */
  readonly fresh: { readonly modelId: string; readonly options: ChatOptions } | null;
  readonly drafts: Readonly<Record<string, string>>;
  readonly running: RunningAnswer | null;
  /** Conversations that another tab is answering in. */
  readonly answeredElsewhere: readonly string[];
  readonly storageError: AppError | null;

  boot(): Promise<void>;
  open(id: string | null): Promise<void>;
  /** Sends to the active conversation and answers. Throws `message-empty` and `busy`. */
  send(text: string): void;
  stop(): void;
  /** Another version of an answer. Throws `busy`. */
  regenerate(messageId: string): void;
  /** Another version of a question, answered. Throws `message-empty` and `busy`. */
  edit(messageId: string, text: string): void;
  show(messageId: string): void;
  rename(id: string, title: string): Promise<void>;
  /** Deletes at once and returns the way back. */
  remove(id: string): Promise<() => Promise<void>>;
  setModel(modelId: string): void;
  setOptions(options: ChatOptions): void;
  setDraft(text: string): void;
  /** Writes everything that is not stored yet; called when the page is hidden. */
  flush(): Promise<void>;
  /** The same for a page that is being closed, where only the first request of each write is sure to run. */
  rescue(): void;
  clear(): Promise<void>;
}

export type ChatStore = StoreApi<ChatState>;

export function createChatStore(ports: ChatPorts): ChatStore {
  return createStore<ChatState>()((set, get) => {
    const fail = (error: unknown) => set({ storageError: AppError.from(error) });

    const put = (conversation: Conversation) => {
      const meta = storage.metaOf(conversation);
      set(({ conversations, index }) => ({
        conversations: { ...conversations, [conversation.id]: conversation },
        index: [meta, ...index.filter((entry) => entry.id !== meta.id)].sort(byNewest),
      }));
    };

    const saver = new Saver(async (id) => {
      const mine = get().conversations[id];
      if (!mine) return;
      const merged = await storage.writeConversation(mine);
      const current = get().conversations[id];
      // Messages that another tab added meanwhile join what is shown.
      if (current && Object.keys(merged.messages).length > Object.keys(mine.messages).length)
        put(storage.mergeConversations(merged, current));
      if (get().storageError) set({ storageError: null });
      tabs.tell({ kind: 'changed', id });
    }, fail);

    const draftSaver = new Saver((id) => storage.writeDraft(id, get().drafts[id] ?? ''), fail);

    const save = (conversation: Conversation) => {
      put(conversation);
      saver.schedule(conversation.id);
    };

    const saveNow = (conversation: Conversation) => {
      save(conversation);
      void saver.flush(conversation.id);
    };

    /** Marks answers that nobody writes any more; watches those that another tab writes. */
    const settle = async (id: string) => {
      const conversation = get().conversations[id];
      const own = get().running?.messageId;
      const open = Object.values(conversation?.messages ?? {}).filter(
        (message) => message.status === 'streaming' && message.id !== own,
      );
      if (!conversation || open.length === 0) return;
      if (await tabs.isAnswered(id)) {
        if (get().running?.conversationId === id || get().answeredElsewhere.includes(id)) return;
        set(({ answeredElsewhere }) => ({ answeredElsewhere: [...answeredElsewhere, id] }));
        await tabs.untilFree(id);
        set(({ answeredElsewhere }) => ({ answeredElsewhere: answeredElsewhere.filter((at) => at !== id) }));
        await reload(id);
        return;
      }
      let settled = get().conversations[id] ?? conversation;
      for (const message of open)
        settled = patchMessage(settled, message.id, { status: 'interrupted' }, ports.now());
      saveNow(settled);
    };

    const reload = async (id: string) => {
      const stored = await storage.readConversation(id);
      if (!stored) return;
      const mine = get().conversations[id];
      put(mine ? storage.mergeConversations(mine, stored) : stored);
      await settle(id);
    };

    const onTab = async (message: TabMessage) => {
      try {
        if (message.kind === 'changed') {
          set({ index: mergeIndex(await storage.readIndex(), get()) });
          if (get().conversations[message.id]) await reload(message.id);
        } else if (message.kind === 'deleted') forget(message.id);
        else for (const { id } of get().index) forget(id);
      } catch (error) {
        fail(error);
      }
    };

    const forget = (id: string) => {
      // An answer under way here brings its conversation back with its next write, which is the safe side.
      if (get().running?.conversationId === id) return;
      set(({ conversations: { [id]: _gone, ...conversations }, index, activeId }) => ({
        conversations,
        index: index.filter((entry) => entry.id !== id),
        activeId: activeId === id ? null : activeId,
      }));
    };

    const tabs: Tabs = connectTabs((message) => void onTab(message));
    let stopper: AbortController | undefined;

    const start = (conversation: Conversation) => {
      stopper = new AbortController();
      void answer({
        conversation,
        ports,
        tabs,
        signal: stopper.signal,
        read: (id) => get().conversations[id],
        save,
        flush: (id) => saver.flush(id),
        setRunning: (running) => set({ running }),
        endRunning: (messageId) => {
          if (get().running?.messageId === messageId) set({ running: null });
        },
      });
    };

    const freeOrThrow = () => {
      if (get().running) throw new AppError('busy');
    };

    const active = (): Conversation | undefined => {
      const { activeId, conversations } = get();
      return activeId === null ? undefined : conversations[activeId];
    };

    return {
      isReady: false,
      index: [],
      conversations: {},
      activeId: null,
      fresh: null,
      drafts: {},
      running: null,
      answeredElsewhere: [],
      storageError: null,

      async boot() {
        try {
          const [index, draft] = await Promise.all([storage.readIndex(), storage.readDraft(NEW)]);
          set((state) => ({ index: mergeIndex(index, state), drafts: { [NEW]: draft, ...state.drafts } }));
        } catch (error) {
          fail(error);
        }
        set({ isReady: true });
      },

      async open(id) {
        set({ activeId: id });
        if (id === null || get().conversations[id]) return;
        try {
          const [stored, draft] = await Promise.all([storage.readConversation(id), storage.readDraft(id)]);
          if (!stored) {
            forget(id);
            return;
          }
          set((state) => ({ drafts: { [id]: draft, ...state.drafts } }));
          if (!get().conversations[id]) put(stored);
          await settle(id);
        } catch (error) {
          fail(error);
        }
      },

      send(text) {
        const content = requireText(text);
        freeOrThrow();
        const now = ports.now();
        const before = active() ?? emptyConversation(get().fresh ?? ports.startWith(), now);
        const conversation = addMessage(
          { ...before, title: before.isNamed || before.currentLeaf ? before.title : titleFrom(content) },
          { id: crypto.randomUUID(), parentId: before.currentLeaf, role: 'user', content, status: 'done' },
          now,
        );
        const draftId = get().activeId ?? NEW;
        set(({ drafts }) => ({
          activeId: conversation.id,
          fresh: null,
          drafts: { ...drafts, [draftId]: '' },
        }));
        draftSaver.schedule(draftId);
        start(conversation);
      },

      stop: () => stopper?.abort(),

      regenerate(messageId) {
        freeOrThrow();
        const conversation = active();
        const message = conversation?.messages[messageId];
        if (!conversation || !message) return;
        const question = message.role === 'user' ? message.id : message.parentId;
        if (question) start({ ...conversation, currentLeaf: question });
      },

      edit(messageId, text) {
        const content = requireText(text);
        freeOrThrow();
        const conversation = active();
        const message = conversation?.messages[messageId];
        if (!conversation || message?.role !== 'user') return;
        const { parentId } = message;
        start(
          addMessage(
            conversation,
            { id: crypto.randomUUID(), parentId, role: 'user', content, status: 'done' },
            ports.now(),
          ),
        );
      },

      show(messageId) {
        const conversation = active();
        if (conversation) save(showBranch(conversation, messageId, ports.now()));
      },

      async rename(id, title) {
        await load(id);
        const conversation = get().conversations[id];
        const name = title.trim();
        if (!conversation || !name || name === conversation.title) return;
        saveNow({ ...conversation, title: name, isNamed: true, updatedAt: ports.now() });
      },

      async remove(id) {
        if (get().running?.conversationId === id) stopper?.abort();
        await load(id);
        const conversation = get().conversations[id];
        const draft = get().drafts[id] ?? '';
        await saver.forget(id);
        await draftSaver.forget(id);
        set({ running: get().running?.conversationId === id ? null : get().running });
        forget(id);
        try {
          await storage.deleteConversation(id);
        } catch (error) {
          fail(error);
        }
        tabs.tell({ kind: 'deleted', id });
        return async () => {
          if (!conversation) return;
          set(({ drafts }) => ({ drafts: { ...drafts, [id]: draft } }));
          draftSaver.schedule(id);
          saveNow(conversation);
          await settle(id);
        };
      },

      setModel(modelId) {
        const conversation = active();
        if (conversation) saveNow({ ...conversation, modelId, updatedAt: ports.now() });
        else set({ fresh: { ...(get().fresh ?? ports.startWith()), modelId } });
      },

      setOptions(options) {
        const conversation = active();
        if (conversation) save({ ...conversation, options, updatedAt: ports.now() });
        else set({ fresh: { ...(get().fresh ?? ports.startWith()), options } });
      },

      setDraft(text) {
        const id = get().activeId ?? NEW;
        set(({ drafts }) => ({ drafts: { ...drafts, [id]: text } }));
        draftSaver.schedule(id);
      },

      flush: async () => {
        await Promise.all([saver.flushAll(), draftSaver.flushAll()]);
      },

      rescue() {
        const { conversations, running } = get();
        const ids = new Set([...saver.unsaved(), ...(running ? [running.conversationId] : [])]);
        for (const id of ids) {
          const conversation = conversations[id];
          // Nobody is left to show an error to.
          if (conversation) storage.rescueConversation(conversation).catch(() => {});
        }
        void draftSaver.flushAll();
      },

      async clear() {
        stopper?.abort();
        for (const { id } of get().index) await saver.forget(id);
        await storage.clearChats();
        set({ index: [], conversations: {}, drafts: {}, activeId: null, fresh: null, running: null });
        tabs.tell({ kind: 'cleared' });
      },
    };

    async function load(id: string): Promise<void> {
      if (get().conversations[id]) return;
      const stored = await storage.readConversation(id);
      if (stored) put(stored);
    }
  });
}

function requireText(text: string): string {
  const content = text.trim();
  if (!content) throw new AppError('message-empty');
  return content;
}

function emptyConversation(start: { modelId: string; options: ChatOptions }, now: number): Conversation {
  return {
    id: crypto.randomUUID(),
    title: '',
    isNamed: false,
    createdAt: now,
    updatedAt: now,
    modelId: start.modelId,
    options: start.options,
    messages: {},
    roots: [],
    currentLeaf: null,
  };
}

const byNewest = (a: ConversationMeta, b: ConversationMeta) => b.updatedAt - a.updatedAt;

/** The stored index, with what this tab has not written yet. */
function mergeIndex(stored: readonly ConversationMeta[], { index, conversations }: ChatState) {
  const known = new Map(stored.map((meta) => [meta.id, meta]));
  for (const meta of index) {
    const other = known.get(meta.id);
    const isUnwritten = !other && conversations[meta.id];
    if (isUnwritten || (other && meta.updatedAt > other.updatedAt)) known.set(meta.id, meta);
  }
  return [...known.values()].sort(byNewest);
}
