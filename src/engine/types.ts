/**
 * Contracts inside the engine: a `Runner` owns the weights, the KV cache and the sampler state on the GPU.
 * `engine/` (chat, requests, streaming text) drives it; tests and the command line drive it directly.
 */
import type { DrawSettings, SamplerOrder } from '../kernels/draw-settings';
import type { Architecture } from '../models/architecture';
import type { EngineOptions } from './engine-options';
import type { LoadReport } from './load-report';

export type { SamplerOrder };

export interface SamplerSettings extends DrawSettings {
  /** Number of alternatives to report with each token, 0..20; undefined: no log-probabilities at all. */
  readonly topLogprobs: number | undefined;
}

export interface SampledToken {
  readonly id: number;
  /** Natural log of the probability under the raw softmax (temperature 1, nothing cut), when asked for. */
  readonly logprob?: number;
  readonly topLogprobs?: readonly { id: number; logprob: number }[];
}

export interface GenerateOptions {
  readonly sampler: SamplerSettings;
  readonly maxTokens: number;
  /** Generation ends after one of these was drawn; it is yielded as the last token. */
  readonly stopIds: ReadonlySet<number>;
  /** Guessing ahead; by default what the runner was made with, and off in one made with `off`. Draws stay the same. */
  readonly speculation?: EngineOptions['speculation'];
  readonly signal?: AbortSignal;
}

/** What was measured since the runner was made; times include waiting for the GPU. */
export interface RunnerTiming {
  readonly prefillMs: number;
  readonly prefillTokens: number;
  readonly decodeMs: number;
  readonly decodeTokens: number;
  /** From the start of the last `generate` to its first token. */
  readonly firstTokenMs: number;
  /** Tokens guessed ahead and checked, and those of them that were right. */
  readonly draftedTokens: number;
  readonly acceptedTokens: number;
}

export interface Runner {
  readonly architecture: Architecture;
  /** Most positions the KV cache may grow to. */
  readonly contextLength: number;
  /** Where the time of its load went. */
  readonly load: LoadReport;
  /** The sequence in use: everything prefilled or yielded, oldest first. */
  readonly tokens: readonly number[];
  /**
   * Goes over to the cached sequence that shares the longest prefix with `ids`, or to a copy of it, and cuts it
   * there: `tokens` is that prefix then. Returns its length, at most ids.length - 1, so that the logits of the last
   * id come out of a prefill of the rest. Throws `message-empty` without ids.
   */
  resume(ids: readonly number[]): Promise<number>;
  /** Forgets everything of the sequence in use from `position` on; cheap. */
  truncate(position: number): void;
  /**
   * Appends tokens in chunks and leaves the logits of the last one on the GPU. Aborting keeps what is
   * done (`tokens` says so) and throws AppError `aborted`. Throws `message-too-long` past the context.
   */
  prefill(ids: readonly number[], signal?: AbortSignal): Promise<void>;
  /**
   * Draws tokens, one submit each, the next in flight before the last is read. Must follow a prefill.
   * `tokens` grows with what was yielded. Repetition penalty counts all of `tokens`. Ending the iterator
   * early leaves the runner usable.
   */
  generate(options: GenerateOptions): AsyncGenerator<SampledToken>;
  /** Logits of the last position, [vocab] f32. Must follow a prefill. */
  readLogits(): Promise<Float32Array>;
  timing(): RunnerTiming;
  /** GPU memory held, in bytes, by purpose. */
  memory(): { weightsBytes: number; kvBytes: number; scratchBytes: number };
  dispose(): void;
}
