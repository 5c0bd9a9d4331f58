/**
 * One answer: keeps what the cache already knows of the prompt, computes the rest, draws tokens until
 * something ends it, and turns them into text that can no longer change. It runs at its own pace; where the
 * pieces go is the caller's business.
 */
import { AppError } from '../core/errors';
import { createStopStrings, type StopStrings } from '../tokenizer/stop-strings';
import { createStreamDecoder, type StreamDecoder } from '../tokenizer/stream-decoder';
import type { Tokenizer } from '../tokenizer/types';
import type { TextPrompt } from './model-text';
import type { GenerationSettings } from './request';
import type { Runner, SampledToken } from './types';

export type FinishReason = 'stop' | 'length' | 'abort';

/** Some text and the tokens that made it certain; either may be empty, since characters and stop strings are held back. */
export interface Piece {
  readonly text: string;
  readonly tokens: readonly SampledToken[];
}

export interface GenerationFigures {
  readonly finishReason: FinishReason;
  readonly promptTokens: number;
  /** Of the prompt, tokens whose keys and values were in the cache. */
  readonly reusedTokens: number;
  /** Tokens of the answer, without the one that ended it. */
  readonly answerTokens: number;
  /** Tokens guessed ahead and checked, and those of them that were right. */
  readonly draftedTokens: number;
  readonly acceptedTokens: number;
  /** From the call to the first token; 0 when none was drawn. */
  readonly firstTokenMs: number;
  readonly elapsedMs: number;
}

export interface GenerationJob {
  readonly runner: Runner;
  readonly tokenizer: Tokenizer;
  readonly prompt: TextPrompt;
  readonly settings: GenerationSettings;
  readonly signal: AbortSignal;
  readonly emit: (piece: Piece) => void;
}

/**
 * Aborting `signal` is an ordinary end (`abort`), not an error.
 * @throws AppError `message-too-long` for a prompt that leaves no room for an answer, and what the runner throws.
 */
export async function generate(job: GenerationJob): Promise<GenerationFigures> {
  const { runner, settings, signal } = job;
  const prompt = job.prompt.ids;
  const startedMs = performance.now();
  const room = runner.contextLength - prompt.length;
  if (room < 1)
    throw new AppError('message-too-long', {
      tokens: prompt.length,
      limit: runner.contextLength - 1,
      excessTokens: 1 - room,
    });
  const reusedTokens = await runner.resume(prompt);
  const figures = { promptTokens: prompt.length, reusedTokens, answerTokens: 0, firstTokenMs: 0 };
  const before = runner.timing();
  const end = (finishReason: FinishReason) => {
    const now = runner.timing();
    return {
      ...figures,
      finishReason,
      draftedTokens: now.draftedTokens - before.draftedTokens,
      acceptedTokens: now.acceptedTokens - before.acceptedTokens,
      elapsedMs: performance.now() - startedMs,
    };
  };
  const writer = new TextWriter(job);
  try {
    await runner.prefill(prompt.slice(reusedTokens), signal);
    const maxTokens = Math.min(settings.maxTokens, room);
    for await (const token of runner.generate({
      sampler: settings.sampler,
      maxTokens,
      stopIds: settings.stopIds,
      signal,
    })) {
      figures.firstTokenMs ||= performance.now() - startedMs;
      if (settings.stopIds.has(token.id)) {
        writer.finish();
        return end('stop');
      }
      figures.answerTokens += 1;
      if (writer.write(token)) return end('stop');
    }
    writer.finish();
    return end(signal.aborted ? 'abort' : 'length');
  } catch (error) {
    if (!signal.aborted || AppError.from(error).code !== 'aborted') throw error;
    writer.finish();
    return end('abort');
  }
}

/** Tokens to certain text: whole characters, and nothing that may be the beginning of a stop string. */
class TextWriter {
  private readonly decoder: StreamDecoder;
  private readonly stops: StopStrings;
  /** What is still to be dropped from the beginning. */
  private lead: string;

  constructor(private readonly job: GenerationJob) {
    this.decoder = createStreamDecoder(job.tokenizer);
    this.stops = createStopStrings(job.settings.stopStrings);
    this.lead = job.prompt.lead;
  }

  /** True when the answer ended with a stop string. */
  write(token: SampledToken): boolean {
    const { text, stop } = this.stops.push(this.decoder.push(token.id));
    this.job.emit({ text: this.withoutLead(text), tokens: [token] });
    return stop !== undefined;
  }

  /** What was held back is text after all, unless it completes a stop string at the last moment. */
  finish(): void {
    const { text, stop } = this.stops.push(this.decoder.flush());
    const rest = this.withoutLead(stop === undefined ? text + this.stops.flush() : text);
    if (rest) this.job.emit({ text: rest, tokens: [] });
  }

  private withoutLead(text: string): string {
    if (this.lead === '' || text === '') return text;
    const { lead } = this;
    this.lead = '';
    return text.startsWith(lead) ? text.slice(lead.length) : text;
  }
}
