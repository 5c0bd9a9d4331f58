/** Requests and figures as our engine takes and gives them: web-llm's types plus what they leave out. */
import type { ChatCompletionRequestBase, CompletionCreateParamsBase, CompletionUsage } from '@mlc-ai/web-llm';

/** Fields that web-llm does not know; accepted at the top level and in `extra_body`, but not in both. */
export interface OwnFields {
  /** Keep only the k likeliest tokens; 0 keeps all. */
  top_k?: number | null;
}

/** What the page asks for; the client adds `stream` and `stream_options`. */
export type ChatRequest = Omit<ChatCompletionRequestBase, 'stream' | 'stream_options'> & OwnFields;
export type CompletionRequest = Omit<CompletionCreateParamsBase, 'stream' | 'stream_options'> & OwnFields;

/** web-llm's usage; `extra` says more when our engine answered. */
export interface EngineUsage extends CompletionUsage {
  extra: CompletionUsage['extra'] & {
    /** Prompt tokens whose keys and values were still in the cache from the turn before. */
    reused_tokens?: number;
    /** Messages left out, oldest first, because the prompt would not have fitted. */
    dropped_messages?: number;
    /** Tokens of the prompt that were computed for this request. */
    prefill_tokens?: number;
    /** Tokens guessed ahead from the text itself, and those of them that were right. */
    drafted_tokens?: number;
    accepted_tokens?: number;
    /** Seed of the draw, given or chosen; the same seed repeats the answer on the same adapter. */
    seed?: number;
  };
}
