/**
 * Writes one answer into a conversation: waits for the model, collects the text, and leaves the message
 * `done`, `interrupted` or `error` with whatever was written. The text reaches the state in small steps
 * (a render each), the database twice a second.
 */
import { AppError } from '../../core/errors';
import type { AnswerStats, Conversation, Message } from '../../store/chats';
import type { ChatOutcome } from '../../worker/collect';
import type { RunningAnswer } from './chat-state';
import type { ChatPorts } from './ports';
import { toRequest } from './request';
import type { Tabs } from './tabs';
import { addMessage, patchMessage, pathTo } from './tree';

/** About 25 renders a second, however fast the tokens come. */
const RENDER_INTERVAL_MS = 40;

interface AnswerJob {
  /** Its current leaf is the question. */
  readonly conversation: Conversation;
  readonly ports: ChatPorts;
  readonly tabs: Tabs;
  readonly signal: AbortSignal;
  readonly read: (id: string) => Conversation | undefined;
  /** Into the state alone. */
  readonly put: (conversation: Conversation) => void;
  /** Into the state, and soon into the database. */
  readonly save: (conversation: Conversation) => void;
  readonly flush: (id: string) => Promise<void>;
  readonly setRunning: (running: RunningAnswer) => void;
  /** Clears it, if it is still this message's. */
  readonly endRunning: (messageId: string) => void;
}

/** Never rejects: what goes wrong is written into the message. */
export async function answer(job: AnswerJob): Promise<void> {
  const { conversation, ports, signal } = job;
  const { id: conversationId, modelId } = conversation;
  const messageId = crypto.randomUUID();
  const questionId = conversation.currentLeaf;
  const request = toRequest(pathTo(conversation, questionId), conversation.options);
  const running = { conversationId, messageId };

  job.put(
    addMessage(
      conversation,
      { id: messageId, parentId: questionId, role: 'assistant', content: '', status: 'streaming', modelId },
      ports.now(),
    ),
  );
  job.setRunning({ ...running, phase: 'waiting' });

  const patch = (fields: Parameters<typeof patchMessage>[2]) => {
    // Gone when it was deleted meanwhile: then nothing is written.
    const current = job.read(conversationId);
    if (current) job.save(patchMessage(current, messageId, fields, ports.now()));
  };
  const text = new TextSteps((content) => patch({ content }));

  await job.tabs.whileAnswering(messageId, async () => {
    // Stored only now: other tabs take an unlocked answer in state `streaming` for a forgotten one.
    patch({});
    void job.flush(conversationId);
    try {
      const outcome = await ports.answer(modelId, request, {
        signal,
        onStart: () => job.setRunning({ ...running, phase: 'reading' }),
        onDelta: (delta) => {
          if (text.isEmpty) job.setRunning({ ...running, phase: 'writing' });
          text.add(delta);
        },
      });
      patch({ content: text.end(), ...ending(outcome) });
    } catch (caught) {
      const error = AppError.from(caught);
      const content = text.end();
      if (error.code === 'aborted' || signal.aborted)
        patch({ content, status: 'interrupted', finishReason: 'abort' });
      else patch({ content, status: 'error', error: { code: error.code, details: error.details } });
    }
    await job.flush(conversationId);
  });
  job.endRunning(messageId);
}

function ending(outcome: ChatOutcome): Partial<Message> {
  const { usage, finishReason } = outcome;
  const dropped = usage?.extra.dropped_messages ?? 0;
  return {
    status: finishReason === 'abort' ? 'interrupted' : 'done',
    finishReason,
    ...(usage && { stats: statsOf(usage) }),
    ...(dropped > 0 && { droppedMessages: dropped }),
  };
}

function statsOf(usage: NonNullable<ChatOutcome['usage']>): AnswerStats {
  const {
    reused_tokens: reusedTokens,
    drafted_tokens: draftedTokens,
    accepted_tokens: acceptedTokens,
  } = usage.extra;
  return {
    promptTokens: usage.prompt_tokens,
    answerTokens: usage.completion_tokens,
    timeToFirstTokenMs: usage.extra.time_to_first_token_s * 1000,
    tokensPerSecond: usage.extra.decode_tokens_per_s,
    ...(reusedTokens && { reusedTokens }),
    ...(draftedTokens && { draftedTokens, acceptedTokens: acceptedTokens ?? 0 }),
  };
}

/** Collects pieces of text and shows them in steps. */
class TextSteps {
  private text = '';
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly show: (text: string) => void) {}

  get isEmpty(): boolean {
    return this.text === '';
  }

  add(delta: string): void {
    this.text += delta;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.show(this.text);
    }, RENDER_INTERVAL_MS);
  }

  /** All of it; nothing is shown from here on. */
  end(): string {
    clearTimeout(this.timer);
    return this.text;
  }
}
