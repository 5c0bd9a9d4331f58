/**
 * A running answer and the two ways to read it: all at once, or as a stream of chunks that the worker asks
 * for one by one. The generation does not wait for its reader; leaving the stream early stops it.
 */
import { AppError } from '../core/errors';
import type { Tokenizer } from '../tokenizer/types';
import type { GenerationFigures, Piece } from './generation';
import { OutputQueue } from './output-queue';
import type { EngineUsage } from './request-types';
import { type AnswerShape, joinPieces, logprobsOf } from './response';

export interface AnswerParts {
  readonly tokenizer: Tokenizer;
  /** Starts at once. Its promise settles when the GPU is done with it, abort included. */
  readonly run: (emit: (piece: Piece) => void, signal: AbortSignal) => Promise<GenerationFigures>;
  readonly usage: (figures: GenerationFigures) => EngineUsage;
}

export class Answer {
  /** Settles, without a value, once the GPU is done with it. */
  readonly finished: Promise<void>;
  private readonly queue = new OutputQueue<Piece>();
  private readonly controller = new AbortController();
  private figures: GenerationFigures | undefined;
  private hasFailed = false;
  private written = '';

  constructor(private readonly parts: AnswerParts) {
    this.finished = this.run();
  }

  /** What has been written so far. */
  get text(): string {
    return this.written;
  }

  /** Ends the generation with finish reason `abort`; what was written stays. */
  abort(): void {
    this.controller.abort();
  }

  /** Gives the reader an error at once, without waiting for a GPU that may never answer. */
  fail(error: AppError): void {
    this.hasFailed = true;
    this.queue.fail(error);
    this.controller.abort();
  }

  /** Everything, when it is done. */
  async whole<Whole>(shape: AnswerShape<Whole, unknown>): Promise<Whole> {
    const pieces: Piece[] = [];
    for (let taken = await this.queue.take(); taken; taken = await this.queue.take()) pieces.push(...taken);
    const { text, tokens } = joinPieces(pieces);
    const logprobs = logprobsOf(tokens, this.parts.tokenizer);
    return shape.whole(text, logprobs, this.figures!.finishReason, this.parts.usage(this.figures!));
  }

  /** Chunks in order, the last with the finish reason, one more with the figures when asked for. */
  chunks<Chunk>(shape: AnswerShape<unknown, Chunk>, includeUsage: boolean): AsyncGenerator<Chunk> {
    const source = this.read(shape, includeUsage);
    // A generator that is closed before its first step never enters its `finally`.
    const close = source.return.bind(source);
    source.return = async (value) => {
      this.abort();
      const result = await close(value);
      await this.free();
      return result;
    };
    return source;
  }

  private async *read<Chunk>(
    shape: AnswerShape<unknown, Chunk>,
    includeUsage: boolean,
  ): AsyncGenerator<Chunk> {
    try {
      for (let taken = await this.queue.take(); taken; taken = await this.queue.take()) {
        const { text, tokens } = joinPieces(taken);
        const logprobs = logprobsOf(tokens, this.parts.tokenizer);
        if (text || logprobs) yield shape.delta(text, logprobs);
      }
      yield shape.end(this.figures!.finishReason);
      if (includeUsage) yield shape.usage(this.parts.usage(this.figures!));
    } finally {
      this.abort();
      await this.free();
    }
  }

  /** Left early, the next request must find the engine free; after a failure there is nothing to wait for. */
  private async free(): Promise<void> {
    if (!this.figures && !this.hasFailed) await this.finished;
  }

  private async run(): Promise<void> {
    const emit = (piece: Piece) => {
      this.written += piece.text;
      this.queue.push(piece);
    };
    try {
      this.figures = await this.parts.run(emit, this.controller.signal);
      this.queue.close();
    } catch (error) {
      this.hasFailed = true;
      this.queue.fail(AppError.from(error));
    }
  }
}
