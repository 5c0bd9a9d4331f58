import 'fake-indexeddb/auto';
import { IDBFactory, IDBObjectStore } from 'fake-indexeddb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as Chats from './chats';

type Conversation = Chats.Conversation;
type Message = Chats.Message;

let chats: typeof Chats;

beforeEach(async () => {
  vi.restoreAllMocks();
  vi.resetModules();
  globalThis.indexedDB = new IDBFactory();
  chats = await import('./chats');
});

function message(id: string, parentId: string | null, at: number, content = id): Message {
  const role = id.startsWith('q') ? 'user' : 'assistant';
  return { id, parentId, children: [], role, content, status: 'done', createdAt: at, updatedAt: at };
}

function conversation(id: string, updatedAt: number, ...messages: Message[]): Conversation {
  return {
    id,
    title: id,
    isNamed: false,
    createdAt: 1,
    updatedAt,
    modelId: 'm',
    options: {},
    messages: Object.fromEntries(messages.map((entry) => [entry.id, entry])),
    roots: messages.filter(({ parentId }) => parentId === null).map((entry) => entry.id),
    currentLeaf: messages.at(-1)?.id ?? null,
  };
}

describe('conversations', () => {
  it('come back as they were written, and the index names them, newest first', async () => {
    const older = conversation('old', 1, message('q1', null, 1));
    await chats.writeConversation(older);
    await chats.writeConversation(conversation('new', 2, message('q1', null, 2)));
    expect(await chats.readConversation('old')).toEqual(older);
    expect((await chats.readIndex()).map(({ id }) => id)).toEqual(['new', 'old']);
    expect(await chats.readConversation('none')).toBeUndefined();
  });

  it('written by two tabs keep the messages of both', async () => {
    const start = conversation('c', 1, message('q1', null, 1));
    await chats.writeConversation(start);
    const one = conversation('c', 5, message('q1', null, 1), message('a1', 'q1', 3));
    const two = conversation('c', 4, message('q1', null, 1), message('a2', 'q1', 4));
    await Promise.all([chats.writeConversation(one), chats.writeConversation(two)]);
    const stored = (await chats.readConversation('c'))!;
    expect(Object.keys(stored.messages).sort()).toEqual(['a1', 'a2', 'q1']);
    expect(stored.messages.q1!.children).toEqual(['a1', 'a2']);
    expect(stored.currentLeaf).toBe('a1');
  });

  it('deleted are gone from record, index and drafts', async () => {
    await chats.writeConversation(conversation('c', 1, message('q1', null, 1)));
    await chats.writeDraft('c', 'half');
    await chats.rescueConversation(conversation('c', 2, message('q1', null, 1)));
    await chats.deleteConversation('c');
    expect(await chats.readConversation('c')).toBeUndefined();
    expect(await chats.readIndex()).toEqual([]);
    expect(await chats.readDraft('c')).toBe('');
  });

  it('put aside by a closing page are merged at the next read and the next write', async () => {
    await chats.writeConversation(conversation('c', 1, message('q1', null, 1)));
    await chats.rescueConversation(
      conversation('c', 3, message('q1', null, 1), { ...message('a1', 'q1', 3), status: 'streaming' }),
    );
    expect((await chats.readConversation('c'))!.messages.a1?.content).toBe('a1');
    // Another tab that never read the rescued record writes its own state.
    await chats.writeConversation(conversation('c', 4, message('q1', null, 1), message('q2', null, 4)));
    expect(Object.keys((await chats.readConversation('c'))!.messages).sort()).toEqual(['a1', 'q1', 'q2']);
  });

  it('are written whole or not at all', async () => {
    await chats.writeConversation(conversation('c', 1, message('q1', null, 1)));
    const put = IDBObjectStore.prototype.put;
    let calls = 0;
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
      calls += 1;
      if (calls === 2) throw new DOMException('full', 'QuotaExceededError');
      return put.apply(this, args);
    });
    const next = conversation('c', 2, message('q1', null, 1), message('q2', null, 2));
    await expect(chats.writeConversation(next)).rejects.toMatchObject({ code: 'storage-full' });
    vi.restoreAllMocks();
    expect((await chats.readIndex())[0]?.updatedAt).toBe(1);
    expect((await chats.readConversation('c'))!.updatedAt).toBe(1);
  });

  it('are all gone after clearing', async () => {
    await chats.writeConversation(conversation('c', 1, message('q1', null, 1)));
    await chats.clearChats();
    expect(await chats.readIndex()).toEqual([]);
    expect(await chats.readConversation('c')).toBeUndefined();
  });
});

describe('mergeConversations', () => {
  it('does not depend on the order of its arguments', () => {
    const a = conversation(
      'c',
      5,
      message('q1', null, 1),
      message('a1', 'q1', 2, 'old'),
      message('x', 'q1', 3),
    );
    const b = conversation('c', 4, message('q1', null, 1), {
      ...message('a1', 'q1', 2, 'new'),
      updatedAt: 9,
    });
    const one = chats.mergeConversations(a, b);
    expect(chats.mergeConversations(b, a)).toEqual(one);
    expect(one.messages.a1!.content).toBe('new');
    expect(one.messages.q1!.children).toEqual(['a1', 'x']);
    expect(one.roots).toEqual(['q1']);
  });
});
