/** Reads a chunk stream of web-llm to its end: text, why it ended, and the figures. */
import type { ChatCompletionChunk, Completion } from '@mlc-ai/web-llm';
import type { EngineUsage } from '../engine/request-types';

export type Chunk = ChatCompletionChunk | Completion;

export interface ChatOutcome {
  readonly text: string;
  /** `abort`: stopped by the user or by the caller's signal. */
  readonly finishReason: 'stop' | 'length' | 'abort';
  readonly usage: EngineUsage | undefined;
}

function textOf(chunk: Chunk): string {
  const choice = chunk.choices[0];
  if (!choice) return '';
  return 'delta' in choice ? (choice.delta.content ?? '') : choice.text;
}

export async function collect(
  stream: AsyncIterable<Chunk>,
  onDelta: ((delta: string, chunk: Chunk) => void) | undefined,
): Promise<ChatOutcome> {
  let text = '';
  let finishReason: ChatOutcome['finishReason'] = 'abort';
  let usage: EngineUsage | undefined;
  for await (const chunk of stream) {
    const delta = textOf(chunk);
    if (delta) {
      text += delta;
      onDelta?.(delta, chunk);
    }
    const reason = chunk.choices[0]?.finish_reason;
    if (reason === 'stop' || reason === 'length' || reason === 'abort') finishReason = reason;
    if (chunk.usage) usage = chunk.usage as EngineUsage;
  }
  return { text, finishReason, usage };
}
