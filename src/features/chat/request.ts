/** Turns the visible branch and the options of a conversation into a request for the engine. */
import type { ChatRequest } from '../../engine/request-types';
import type { ChatOptions, Message } from '../../store/chats';

/**
 * @param path the messages before the answer, oldest first, ending with the user's.
 * Questions whose answer failed without a word are left out together with that answer: models are trained
 * on alternating turns.
 */
export function toRequest(path: readonly Message[], options: ChatOptions): ChatRequest {
  const turns = path.filter((message, at) => {
    if (message.role === 'assistant') return message.content !== '';
    const next = path[at + 1];
    return !(next && next.role === 'assistant' && next.content === '');
  });
  return {
    messages: [
      ...(options.systemPrompt ? [{ role: 'system' as const, content: options.systemPrompt }] : []),
      ...turns.map(({ role, content }) => ({ role, content })),
    ],
    ...(options.temperature !== undefined && { temperature: options.temperature }),
    ...(options.topP !== undefined && { top_p: options.topP }),
    ...(options.topK !== undefined && { top_k: options.topK }),
    ...(options.repetitionPenalty !== undefined && { repetition_penalty: options.repetitionPenalty }),
    ...(options.maxTokens !== undefined && { max_tokens: options.maxTokens }),
    ...(options.seed !== undefined && { seed: options.seed }),
  };
}
