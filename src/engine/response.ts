/** Answers in the shapes of web-llm (OpenAI's): whole, as chunks, and the figures that go with them. */
import type { ChatCompletion, ChatCompletionChunk, Completion } from '@mlc-ai/web-llm';
import type { Tokenizer } from '../tokenizer/types';
import type { FinishReason, GenerationFigures, Piece } from './generation';
import type { EngineUsage } from './request-types';
import type { SampledToken } from './types';

type Logprobs = ChatCompletion.Choice.Logprobs;
type TokenLogprob = NonNullable<Logprobs['content']>[number];

/** What all chunks of one answer share. */
export interface AnswerHead {
  readonly id: string;
  readonly model: string;
  /** Seconds since the epoch. */
  readonly created: number;
}

export function answerHead(model: string): AnswerHead {
  return { id: crypto.randomUUID(), model, created: Math.floor(Date.now() / 1000) };
}

/** Makes the objects of one kind of answer; `Whole` and `Chunk` differ for chat and coincide for text. */
export interface AnswerShape<Whole, Chunk> {
  whole(text: string, logprobs: Logprobs | null, reason: FinishReason, usage: EngineUsage): Whole;
  delta(text: string, logprobs: Logprobs | null): Chunk;
  end(reason: FinishReason): Chunk;
  usage(usage: EngineUsage): Chunk;
}

export function chatShape(head: AnswerHead): AnswerShape<ChatCompletion, ChatCompletionChunk> {
  const chunk = (choices: ChatCompletionChunk['choices']): ChatCompletionChunk => ({
    ...head,
    object: 'chat.completion.chunk',
    choices,
  });
  return {
    whole: (content, logprobs, finish_reason, usage) => ({
      ...head,
      object: 'chat.completion',
      choices: [{ index: 0, finish_reason, logprobs, message: { role: 'assistant', content } }],
      usage,
    }),
    delta: (content, logprobs) =>
      chunk([{ index: 0, delta: { role: 'assistant', content }, finish_reason: null, logprobs }]),
    end: (finish_reason) => chunk([{ index: 0, delta: {}, finish_reason }]),
    usage: (usage) => ({ ...chunk([]), usage }),
  };
}

export function completionShape(head: AnswerHead): AnswerShape<Completion, Completion> {
  const make = (choices: Completion['choices']): Completion => ({
    ...head,
    object: 'text_completion',
    choices,
  });
  return {
    whole: (text, logprobs, finish_reason, usage) => ({
      ...make([{ index: 0, text, logprobs, finish_reason }]),
      usage,
    }),
    delta: (text, logprobs) => make([{ index: 0, text, logprobs, finish_reason: null }]),
    end: (finish_reason) => make([{ index: 0, text: '', finish_reason }]),
    usage: (usage) => ({ ...make([]), usage }),
  };
}

/** Pieces that waited together, as one. */
export function joinPieces(pieces: readonly Piece[]): Piece {
  return {
    text: pieces.map(({ text }) => text).join(''),
    tokens: pieces.flatMap(({ tokens }) => tokens),
  };
}

/** Null when the tokens carry no log-probabilities. */
export function logprobsOf(tokens: readonly SampledToken[], tokenizer: Tokenizer): Logprobs | null {
  if (tokens.length === 0 || tokens[0]!.logprob === undefined) return null;
  const say = (id: number, logprob: number) => {
    const bytes = tokenizer.tokenBytes(id);
    return { token: new TextDecoder().decode(bytes), bytes: [...bytes], logprob };
  };
  const content: TokenLogprob[] = tokens.map(({ id, logprob, topLogprobs }) => ({
    ...say(id, logprob!),
    top_logprobs: (topLogprobs ?? []).map((other) => say(other.id, other.logprob)),
  }));
  return { content };
}

/** Rates in tokens per second, times in seconds, as web-llm gives them, and our own figures beside them. */
export function usageOf(figures: GenerationFigures, droppedMessages: number, seed: number): EngineUsage {
  const { promptTokens, reusedTokens, answerTokens, firstTokenMs, elapsedMs } = figures;
  const prefillTokens = promptTokens - reusedTokens;
  const firstS = firstTokenMs / 1000;
  // The first token comes out of the prompt; what follows is decoding.
  const decodeS = firstTokenMs > 0 ? (elapsedMs - firstTokenMs) / 1000 : 0;
  const decoded = Math.max(0, answerTokens - 1);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: answerTokens,
    total_tokens: promptTokens + answerTokens,
    extra: {
      e2e_latency_s: elapsedMs / 1000,
      prefill_tokens_per_s: firstS > 0 ? prefillTokens / firstS : 0,
      decode_tokens_per_s: decodeS > 0 ? decoded / decodeS : 0,
      time_to_first_token_s: firstS,
      time_per_output_token_s: decoded > 0 ? decodeS / decoded : 0,
      reused_tokens: reusedTokens,
      prefill_tokens: prefillTokens,
      drafted_tokens: figures.draftedTokens,
      accepted_tokens: figures.acceptedTokens,
      dropped_messages: droppedMessages,
      seed,
    },
  };
}
