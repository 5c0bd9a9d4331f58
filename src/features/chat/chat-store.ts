/**
 * The chat's store: what the user can do with conversations. States and their meaning: chat-state.ts;
 * writing an answer: answering.ts; keeping records and tabs in step: records.ts.
 */
import { createStore } from 'zustand/vanilla';
import { AppError } from '../../core/errors';
import type { ChatOptions, Conversation } from '../../store/chats';
import { answer } from './answering';
import { type ChatState, type ChatStore, NEW } from './chat-state';
import type { ChatPorts } from './ports';
import { Records } from './records';
import { addMessage, showBranch, titleFrom } from './tree';

export function createChatStore(ports: ChatPorts): ChatStore {
  return createStore<ChatState>()((set, get) => {
    const records = new Records({ get, set, now: ports.now });
    let stopper: AbortController | undefined;

    const start = (conversation: Conversation) => {
      stopper = new AbortController();
      void answer({
        conversation,
        ports,
        tabs: records.tabs,
        signal: stopper.signal,
        read: (id) => get().conversations[id],
        put: records.put,
        save: records.save,
        flush: records.flush,
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

    /** The conversation with a question added under `parentId`. */
    const ask = (conversation: Conversation, parentId: string | null, content: string) =>
      addMessage(
        conversation,
        { id: crypto.randomUUID(), parentId, role: 'user', content, status: 'done' },
        ports.now(),
      );

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
        await Promise.all([records.readIndex(), records.readDraft(NEW)]).catch(records.fail);
        set({ isReady: true });
      },

      async open(id) {
        set({ activeId: id });
        if (id === null) return;
        try {
          if (await records.load(id)) await records.settle(id);
          else records.drop(id);
        } catch (error) {
          records.fail(error);
        }
      },

      send(text) {
        const content = requireText(text);
        freeOrThrow();
        const before = active() ?? emptyConversation(get().fresh ?? ports.startWith(), ports.now());
        const title = before.isNamed || before.currentLeaf ? before.title : titleFrom(content);
        const draftId = get().activeId ?? NEW;
        set(({ drafts }) => ({ activeId: before.id, fresh: null, drafts: { ...drafts, [draftId]: '' } }));
        records.saveDraft(draftId);
        start(ask({ ...before, title }, before.currentLeaf, content));
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
        if (conversation && message?.role === 'user') start(ask(conversation, message.parentId, content));
      },

      show(messageId) {
        const conversation = active();
        if (conversation) records.save(showBranch(conversation, messageId, ports.now()));
      },

      async rename(id, title) {
        await records.load(id).catch(records.fail);
        const conversation = get().conversations[id];
        const name = title.trim();
        if (!conversation || !name || name === conversation.title) return;
        records.saveNow({ ...conversation, title: name, isNamed: true, updatedAt: ports.now() });
      },

      async remove(id) {
        if (get().running?.conversationId === id) stopper?.abort();
        await records.load(id).catch(records.fail);
        const conversation = get().conversations[id];
        const draft = get().drafts[id] ?? '';
        if (get().running?.conversationId === id) set({ running: null });
        await records.remove(id);
        return async () => {
          if (!conversation) return;
          set(({ drafts }) => ({ drafts: { ...drafts, [id]: draft } }));
          records.saveDraft(id);
          records.saveNow(conversation);
          await records.settle(id);
        };
      },

      setModel(modelId) {
        const conversation = active();
        if (conversation) records.saveNow({ ...conversation, modelId, updatedAt: ports.now() });
        else set({ fresh: { ...(get().fresh ?? ports.startWith()), modelId } });
      },

      setOptions(options) {
        const conversation = active();
        if (conversation) records.save({ ...conversation, options, updatedAt: ports.now() });
        else set({ fresh: { ...(get().fresh ?? ports.startWith()), options } });
      },

      setDraft(text) {
        const id = get().activeId ?? NEW;
        set(({ drafts }) => ({ drafts: { ...drafts, [id]: text } }));
        records.saveDraft(id);
      },

      flush: () => records.flushAll(),
      rescue: () => records.rescue(),

      async clear() {
        stopper?.abort();
        await records.clear();
        set({ index: [], conversations: {}, drafts: {}, activeId: null, fresh: null, running: null });
      },
    };
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
