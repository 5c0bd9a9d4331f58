import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as Errors from '../../core/errors';
import type { ChatRequest } from '../../engine/request-types';
import type { Conversation } from '../../store/chats';
import type { ChatOutcome } from '../../worker/collect';
import type * as ChatStoreModule from './chat-store';
import type { AnswerOptions, ChatPorts } from './ports';

/** One request to the engine, answered by the test. */
interface Asked {
  readonly modelId: string;
  readonly request: ChatRequest;
  readonly options: AnswerOptions;
  readonly finish: (outcome: Partial<ChatOutcome>) => void;
  readonly fail: (error: unknown) => void;
}

let module: typeof ChatStoreModule;
/** Of the same load as the store: `instanceof` tells loads apart. */
let AppError: typeof Errors.AppError;
let asked: Asked[];
let ports: ChatPorts;

beforeEach(async () => {
  vi.resetModules();
  globalThis.indexedDB = new IDBFactory();
  module = await import('./chat-store');
  ({ AppError } = await import('../../core/errors'));
  asked = [];
  let clock = 1000;
  ports = {
    answer: (modelId, request, options) =>
      new Promise((resolve, reject) => {
        const finish = (outcome: Partial<ChatOutcome>) =>
          resolve({ text: '', finishReason: 'stop', usage: undefined, ...outcome });
        options.signal.addEventListener('abort', () => finish({ finishReason: 'abort' }));
        asked.push({ modelId, request, options, finish, fail: reject });
      }),
    startWith: () => ({ modelId: 'mini', options: { temperature: 0.5 } }),
    now: () => {
      clock += 1;
      return clock;
    },
  };
});

const open = () => module.createChatStore(ports);
type Store = ReturnType<typeof open>;

function active(store: Store): Conversation {
  const { activeId, conversations } = store.getState();
  return conversations[activeId!]!;
}
const shown = (store: Store) => {
  const conversation = active(store);
  const path = [];
  for (let at = conversation.currentLeaf; at; at = conversation.messages[at]!.parentId)
    path.unshift(conversation.messages[at]!);
  return path;
};
const idle = (store: Store) => vi.waitFor(() => expect(store.getState().running).toBeNull());

async function say(store: Store, question: string, answer: string): Promise<void> {
  const before = asked.length;
  store.getState().send(question);
  await vi.waitFor(() => expect(asked.length).toBe(before + 1));
  asked[before]!.options.onDelta(answer);
  asked[before]!.finish({});
  await idle(store);
}

describe('chat store', () => {
  it('sends, answers and restores both after a restart', async () => {
    const store = open();
    await say(store, '  你好\n世界 ', '你好！');
    expect(shown(store).map(({ role, content, status }) => [role, content, status])).toEqual([
      ['user', '你好\n世界', 'done'],
      ['assistant', '你好！', 'done'],
    ]);
    expect(asked[0]).toMatchObject({
      modelId: 'mini',
      request: { messages: [{ role: 'user', content: '你好\n世界' }], temperature: 0.5 },
    });
    const again = open();
    await again.getState().boot();
    expect(again.getState().index[0]?.title).toBe('你好');
    await again.getState().open(again.getState().index[0]!.id);
    expect(shown(again)).toEqual(shown(store));
  });

  it('sends what came before, and the system prompt first', async () => {
    const store = open();
    await say(store, 'one', '1');
    store.getState().setOptions({ systemPrompt: 'Be short.', topK: 5, seed: 7 });
    await say(store, 'two', '2');
    expect(asked[1]!.request).toEqual({
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'one' },
        { role: 'assistant', content: '1' },
        { role: 'user', content: 'two' },
      ],
      top_k: 5,
      seed: 7,
    });
  });

  it('keeps what was written when stopped', async () => {
    const store = open();
    store.getState().send('go');
    await vi.waitFor(() => expect(asked.length).toBe(1));
    asked[0]!.options.onDelta('half');
    store.getState().stop();
    await idle(store);
    expect(shown(store)[1]).toMatchObject({ content: 'half', status: 'interrupted', finishReason: 'abort' });
  });

  it('writes an error into the answer and keeps its text', async () => {
    const store = open();
    store.getState().send('go');
    await vi.waitFor(() => expect(asked.length).toBe(1));
    asked[0]!.options.onDelta('half');
    asked[0]!.fail(new AppError('device-lost', { reason: 'unknown' }));
    await idle(store);
    expect(shown(store)[1]).toMatchObject({
      content: 'half',
      status: 'error',
      error: { code: 'device-lost', details: { reason: 'unknown' } },
    });
  });

  it('leaves a failed question without an answer out of the next request', async () => {
    const store = open();
    store.getState().send('bad');
    await vi.waitFor(() => expect(asked.length).toBe(1));
    asked[0]!.fail(new AppError('message-too-long'));
    await idle(store);
    await say(store, 'good', 'yes');
    expect(asked[1]!.request.messages).toEqual([{ role: 'user', content: 'good' }]);
  });

  it('regenerates beside the old answer and edits beside the old question', async () => {
    const store = open();
    await say(store, 'q', 'first');
    const [question, first] = shown(store);
    store.getState().regenerate(first!.id);
    await vi.waitFor(() => expect(asked.length).toBe(2));
    asked[1]!.options.onDelta('second');
    asked[1]!.finish({});
    await idle(store);
    expect(shown(store)[1]!.content).toBe('second');
    expect(active(store).messages[question!.id]!.children).toHaveLength(2);
    store.getState().show(first!.id);
    expect(shown(store)[1]!.content).toBe('first');
    store.getState().edit(question!.id, 'other');
    await vi.waitFor(() => expect(asked.length).toBe(3));
    asked[2]!.finish({});
    await idle(store);
    expect(asked[2]!.request.messages).toEqual([{ role: 'user', content: 'other' }]);
    expect(active(store).roots).toHaveLength(2);
  });

  it('refuses an empty message and a second answer at the same time', async () => {
    const store = open();
    expect(() => store.getState().send(' \n ')).toThrow(expect.objectContaining({ code: 'message-empty' }));
    store.getState().send('go');
    expect(() => store.getState().send('again')).toThrow(expect.objectContaining({ code: 'busy' }));
    expect(shown(store)).toHaveLength(2);
  });

  it('marks an answer that a closed page left behind, with its text', async () => {
    const store = open();
    store.getState().send('go');
    await vi.waitFor(() => expect(asked.length).toBe(1));
    asked[0]!.options.onDelta('half an ans');
    await vi.waitFor(() => expect(shown(store)[1]!.content).toBe('half an ans'));
    store.getState().rescue();
    const { activeId } = store.getState();
    await vi.waitFor(async () => {
      const again = open();
      await again.getState().open(activeId);
      expect(shown(again)[1]).toMatchObject({ content: 'half an ans', status: 'interrupted' });
    });
  });

  it('deletes and brings back', async () => {
    const store = open();
    await say(store, 'q', 'a');
    const before = shown(store);
    const undo = await store.getState().remove(active(store).id);
    expect(store.getState()).toMatchObject({ index: [], activeId: null });
    await undo();
    await store.getState().open(store.getState().index[0]!.id);
    expect(shown(store)).toEqual(before);
  });

  it('keeps a name against later messages and a draft for each conversation', async () => {
    const store = open();
    store.getState().setDraft('unsent');
    await say(store, 'q', 'a');
    expect(store.getState().drafts.new).toBe('');
    const { id } = active(store);
    await store.getState().rename(id, ' Mine ');
    store.getState().setDraft('later');
    await say(store, 'q2', 'a2');
    expect(store.getState().index[0]?.title).toBe('Mine');
    store.getState().setDraft('for this one');
    await store.getState().flush();
    const again = open();
    await again.getState().open(id);
    expect(again.getState().drafts[id]).toBe('for this one');
  });

  it('notes figures and what was left out', async () => {
    const store = open();
    store.getState().send('q');
    await vi.waitFor(() => expect(asked.length).toBe(1));
    const extra = {
      e2e_latency_s: 1,
      prefill_tokens_per_s: 10,
      decode_tokens_per_s: 42,
      time_to_first_token_s: 0.25,
      time_per_output_token_s: 0.02,
      dropped_messages: 4,
      reused_tokens: 5,
      drafted_tokens: 8,
      accepted_tokens: 6,
    };
    asked[0]!.finish({
      usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12, extra },
      finishReason: 'length',
    });
    await idle(store);
    expect(shown(store)[1]).toMatchObject({
      status: 'done',
      finishReason: 'length',
      droppedMessages: 4,
      stats: {
        promptTokens: 9,
        answerTokens: 3,
        timeToFirstTokenMs: 250,
        tokensPerSecond: 42,
        reusedTokens: 5,
        draftedTokens: 8,
        acceptedTokens: 6,
      },
    });
  });
});
