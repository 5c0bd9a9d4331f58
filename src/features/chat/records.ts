/**
 * Keeps the conversations of the state in step with the database and with the other tabs: what changes here
 * is written (saver.ts says when) and told, what changes elsewhere is read and merged. Answers that nobody
 * writes any more are marked.
 */
import { AppError } from '../../core/errors';
import type { Conversation, ConversationMeta } from '../../store/chats';
import * as storage from '../../store/chats';
import type { ChatState } from './chat-state';
import { Saver } from './saver';
import { connectTabs, type TabMessage } from './tabs';
import { patchMessage } from './tree';

interface Access {
  readonly get: () => ChatState;
  readonly set: (patch: Partial<ChatState> | ((state: ChatState) => Partial<ChatState>)) => void;
  readonly now: () => number;
}

export class Records {
  readonly tabs = connectTabs((message) => void this.onTab(message));
  private readonly saver = new Saver(
    (id) => this.write(id),
    (error) => this.fail(error),
  );
  private readonly drafts = new Saver(
    (id) => storage.writeDraft(id, this.access.get().drafts[id] ?? ''),
    (error) => this.fail(error),
  );

  constructor(private readonly access: Access) {}

  readonly fail = (error: unknown): void => this.access.set({ storageError: AppError.from(error) });

  /** Into the state alone. */
  readonly put = (conversation: Conversation): void => {
    const meta = storage.metaOf(conversation);
    this.access.set(({ conversations, index }) => ({
      conversations: { ...conversations, [conversation.id]: conversation },
      index: [meta, ...index.filter((entry) => entry.id !== meta.id)].sort(byNewest),
    }));
  };

  /** Into the state, and soon into the database. */
  readonly save = (conversation: Conversation): void => {
    this.put(conversation);
    this.saver.schedule(conversation.id);
  };

  readonly flush = (id: string): Promise<void> => this.saver.flush(id);

  saveNow(conversation: Conversation): void {
    this.save(conversation);
    void this.flush(conversation.id);
  }

  saveDraft(id: string): void {
    this.drafts.schedule(id);
  }

  async flushAll(): Promise<void> {
    await Promise.all([this.saver.flushAll(), this.drafts.flushAll()]);
  }

  /** For a page that is being closed; see `rescueConversation`. */
  rescue(): void {
    const { conversations, drafts, running } = this.access.get();
    const ids = new Set([...this.saver.unsaved(), ...(running ? [running.conversationId] : [])]);
    for (const id of ids) {
      const conversation = conversations[id];
      // Nobody is left to show an error to.
      if (conversation) storage.rescueConversation(conversation).catch(() => {});
    }
    for (const id of this.drafts.unsaved()) storage.writeDraft(id, drafts[id] ?? '').catch(() => {});
  }

  async readIndex(): Promise<void> {
    const stored = await storage.readIndex();
    this.access.set((state) => ({ index: mergeIndex(stored, state) }));
  }

  async readDraft(id: string): Promise<void> {
    const draft = await storage.readDraft(id);
    this.access.set(({ drafts }) => ({ drafts: { [id]: draft, ...drafts } }));
  }

  /** Into the state, unless it is there; false when there is no such conversation. */
  async load(id: string): Promise<boolean> {
    if (this.access.get().conversations[id]) return true;
    const [stored] = await Promise.all([storage.readConversation(id), this.readDraft(id)]);
    if (!stored) return false;
    if (!this.access.get().conversations[id]) this.put(stored);
    return true;
  }

  /** Marks answers that nobody writes any more; watches those that another tab writes. */
  async settle(id: string): Promise<void> {
    for (const messageId of this.openAnswers(id)) {
      if (await this.tabs.isAnswered(messageId)) {
        void this.watch(id, messageId).catch(this.fail);
        continue;
      }
      const conversation = this.access.get().conversations[id];
      // It may have ended while the locks were looked at.
      if (conversation?.messages[messageId]?.status === 'streaming')
        this.saveNow(patchMessage(conversation, messageId, { status: 'interrupted' }, this.access.now()));
    }
  }

  /** Out of the state. An answer under way here brings its conversation back, which is the safe side. */
  drop(id: string): void {
    if (this.access.get().running?.conversationId === id) return;
    this.access.set(({ conversations: { [id]: _gone, ...conversations }, index, activeId }) => ({
      conversations,
      index: index.filter((entry) => entry.id !== id),
      activeId: activeId === id ? null : activeId,
    }));
  }

  /** Out of state and database, for all tabs. */
  async remove(id: string): Promise<void> {
    await this.saver.forget(id);
    await this.drafts.forget(id);
    this.drop(id);
    await storage.deleteConversation(id).catch(this.fail);
    this.tabs.tell({ kind: 'deleted', id });
  }

  async clear(): Promise<void> {
    for (const { id } of this.access.get().index) await this.saver.forget(id);
    await storage.clearChats();
    this.tabs.tell({ kind: 'cleared' });
  }

  private async write(id: string): Promise<void> {
    const mine = this.access.get().conversations[id];
    if (!mine) return;
    const merged = await storage.writeConversation(mine);
    const { conversations, storageError } = this.access.get();
    const current = conversations[id];
    // Messages that another tab added meanwhile join what is shown.
    if (current && Object.keys(merged.messages).length > Object.keys(mine.messages).length)
      this.put(storage.mergeConversations(merged, current));
    if (storageError) this.access.set({ storageError: null });
    this.tabs.tell({ kind: 'changed', id });
  }

  private async reload(id: string): Promise<void> {
    const stored = await storage.readConversation(id);
    if (!stored) return;
    const mine = this.access.get().conversations[id];
    this.put(mine ? storage.mergeConversations(mine, stored) : stored);
    await this.settle(id);
  }

  private async onTab(message: TabMessage): Promise<void> {
    try {
      if (message.kind === 'changed') {
        await this.readIndex();
        if (this.access.get().conversations[message.id]) await this.reload(message.id);
      } else if (message.kind === 'deleted') this.drop(message.id);
      else for (const { id } of this.access.get().index) this.drop(id);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Messages in state `streaming` that this tab is not writing. */
  private openAnswers(id: string): readonly string[] {
    const { conversations, running } = this.access.get();
    return Object.values(conversations[id]?.messages ?? {})
      .filter((message) => message.status === 'streaming' && message.id !== running?.messageId)
      .map((message) => message.id);
  }

  private async watch(id: string, messageId: string): Promise<void> {
    const { get, set } = this.access;
    if (get().answeredElsewhere.some((entry) => entry.messageId === messageId)) return;
    set(({ answeredElsewhere }) => ({
      answeredElsewhere: [...answeredElsewhere, { conversationId: id, messageId }],
    }));
    await this.tabs.untilFree(messageId);
    set(({ answeredElsewhere }) => ({
      answeredElsewhere: answeredElsewhere.filter((entry) => entry.messageId !== messageId),
    }));
    await this.reload(id);
  }
}

const byNewest = (a: ConversationMeta, b: ConversationMeta) => b.updatedAt - a.updatedAt;

/** The stored index, with what this tab has not written yet. */
function mergeIndex(
  stored: readonly ConversationMeta[],
  { index, conversations }: ChatState,
): readonly ConversationMeta[] {
  const known = new Map(stored.map((meta) => [meta.id, meta]));
  for (const meta of index) {
    const other = known.get(meta.id);
    const isUnwritten = !other && conversations[meta.id];
    if (isUnwritten || (other && meta.updatedAt > other.updatedAt)) known.set(meta.id, meta);
  }
  return [...known.values()].sort(byNewest);
}
