/**
 * One generation: draws token after token while the GPU already computes the next ones. A draw is one submit: the
 * forward pass of the token before it, the sampler, and the read-back of what it drew; token and position go from
 * one to the next on the GPU, so that nothing is written and nothing made per token.
 *
 * Accounting, in positions. `sequence.tokens` is what was accepted, `pending` the draws on their way behind it, in
 * order. Positions below `fed` have had their forward pass submitted, so the first `sequence.cached` tokens, those
 * below `fed`, have keys and values; the newest has not. Look-ahead computes tokens nobody may ask for: their rows
 * lie beyond `cached` and are overwritten, state and counts are written afresh by the next generation.
 *
 * Where a guess at the coming tokens promises to be faster (src/engine/speculation), no more draws are submitted,
 * those on their way are taken, and the guess is checked in a pass of its own. Without one, all is as before.
 */
import { AppError } from '../core/errors';
import { type GpuSampler, NO_TOKEN } from '../kernels/sampler';
import { STATE } from '../kernels/types';
import { AbortableWait } from './abortable-wait';
import type { Decoder } from './decode';
import type { DeviceWatch } from './device-watch';
import type { EngineOptions } from './engine-options';
import { withLogprobs } from './logprobs';
import type { TokenPace } from './pace';
import type { ReadRing } from './read-ring';
import type { Sequence } from './sequence-set';
import type { Speculator } from './speculation/speculator';
import type { Verifier } from './speculation/verify';
import type { GenerateOptions, SampledToken } from './types';

export interface TokenLoopParts {
  readonly device: GPUDevice;
  readonly watch: DeviceWatch;
  readonly layers: number;
  readonly drawableVocab: number;
  readonly decoder: Decoder;
  readonly sampler: GpuSampler;
  /** STATE */
  readonly state: GPUBuffer;
  /** f32 [vocab] */
  readonly logits: GPUBuffer;
  readonly pace: TokenPace;
  /** What the model was loaded with. */
  readonly engine: EngineOptions;
  readonly speculator: Speculator;
  readonly verifier: Verifier;
  readonly tokenReads: ReadRing;
  /** For f32 [vocab]; asked for only where log-probabilities are. */
  readonly logitsReads: () => ReadRing;
  /** Room for so many positions in the sequence's cache. */
  readonly reserve: (positions: number) => Promise<void>;
}

/** A draw on its way: what was submitted and not yet read. */
interface Pending {
  readonly state: Promise<Uint32Array<ArrayBuffer>>;
  /** The logits it was drawn from. */
  readonly logits: Promise<Uint32Array<ArrayBuffer>> | undefined;
}

export class TokenLoop {
  private readonly pending: Pending[] = [];
  private readonly start: number;
  private fed: number;
  /** Undefined where nothing is guessed. */
  private readonly speculator: Speculator | undefined;
  private readonly wait: AbortableWait;
  /** The first step draws from logits that are there; its time says nothing about a token's. */
  private isFirstStep = true;

  /**
   * All of the sequence must be cached, with the logits of its last token on the GPU. Ends at `limit` tokens.
   * Throws AppError `parameter-out-of-range` for sampler settings that make no sense.
   */
  constructor(
    private readonly parts: TokenLoopParts,
    private readonly sequence: Sequence,
    private readonly options: GenerateOptions,
    private readonly limit: number,
  ) {
    const { tokens } = sequence;
    this.start = tokens.length;
    this.fed = tokens.length;
    parts.sampler.configure(options.sampler, { tokens, generated: [] });
    const last = tokens.length - 1;
    parts.device.queue.writeBuffer(parts.state, 0, Uint32Array.of(tokens[last]!, last, 0, 0));
    this.wait = new AbortableWait(options.signal);
    const mode = options.speculation ?? parts.engine.speculation;
    // Columns add up in another order than single tokens. In f32 that hardly shows; with 8-bit activations a value
    // that is rounded the other way moves the logits by far more.
    const isExact = !parts.engine.int8Activations && options.sampler.topLogprobs === undefined;
    if (mode === 'off' || !isExact) return;
    this.speculator = parts.speculator;
    this.speculator.start(tokens, mode);
  }

  /**
   * The next tokens, each to be accepted before it is passed on; none when the limit is reached or the signal
   * aborts. Throws AppError `device-lost`, `out-of-gpu-memory`, `internal` when nothing can be drawn.
   */
  async step(): Promise<readonly SampledToken[]> {
    const { tokens } = this.sequence;
    if (tokens.length >= this.limit || this.options.signal?.aborted) return [];
    const draft = this.draft();
    if (draft.length > 0 && this.pending.length === 0 && this.fed < tokens.length) return this.check(draft);
    const startedAt = performance.now();
    const wasFilled = this.pending.length > 0;
    await this.fill(draft.length > 0);
    const drawn = await this.take();
    const elapsedMs = performance.now() - startedAt;
    if (!this.isFirstStep) {
      this.parts.pace.report(elapsedMs);
      this.speculator?.reportPlain(elapsedMs, wasFilled);
    }
    this.isFirstStep = false;
    return drawn ? [drawn] : [];
  }

  accept({ id }: SampledToken): void {
    const { sequence } = this;
    sequence.tokens.push(id);
    this.speculator?.push(id);
    sequence.cached = Math.min(sequence.tokens.length, this.fed);
  }

  /** Draws on their way are forgotten. */
  stop(): void {
    this.wait.stop();
  }

  /** A guess at what follows the draws on their way; empty where going on without is better. */
  private draft(): readonly number[] {
    const { tokens } = this.sequence;
    // The first draw needs no forward pass: it comes before any guess.
    const inFlight = Math.max(this.pending.length, this.fed === tokens.length ? 1 : 0);
    // What a pass gives at most, one token more than the draft, must still fit.
    return this.speculator?.draft(inFlight, this.limit - tokens.length - inFlight - 1) ?? [];
  }

  /** Checks a guess; nothing is in flight, and the last token has not been fed. None when the signal aborts. */
  private async check(draft: readonly number[]): Promise<readonly SampledToken[]> {
    const { watch, verifier, reserve } = this.parts;
    const { tokens } = this.sequence;
    const position = tokens.length - 1;
    await reserve(position + 1 + draft.length);
    const startedAt = performance.now();
    const { draws } = await verifier.submit(tokens[position]!, draft, position);
    const drawn = await watch.guard(this.wait.for(draws));
    if (!drawn) return [];
    const good = verifier.settle(draft, drawn, position, tokens.length - this.start);
    this.speculator?.reportPass(draft.length, performance.now() - startedAt, good.length);
    this.fed = position + good.length;
    return good.map((id) => ({ id }));
  }

  /** Submits draws until the GPU has enough to do, or, to let the pipeline run dry, one where there is none. */
  private async fill(isEnding: boolean): Promise<void> {
    // Log-probabilities are computed on the CPU from each token's logits, one token at a time.
    const isAlone = isEnding || this.options.sampler.topLogprobs !== undefined;
    const lookAhead = isAlone ? 0 : this.parts.pace.lookAhead;
    const { tokens } = this.sequence;
    while (this.pending.length <= lookAhead && tokens.length + this.pending.length < this.limit)
      this.pending.push(await this.submitDraw());
  }

  /** The oldest draw on its way; undefined when the signal aborts first. */
  private async take(): Promise<SampledToken | undefined> {
    const { watch, drawableVocab } = this.parts;
    const { state, logits } = this.pending.shift()!;
    const id = (await watch.guard(this.wait.for(state)))?.[STATE.token];
    if (id === undefined) return undefined;
    if (id === NO_TOKEN)
      throw new AppError('internal', { message: 'no token can be drawn from these logits' });
    if (!logits) return { id };
    const values = new Float32Array((await watch.guard(logits)).buffer);
    return withLogprobs(id, values, this.options.sampler.topLogprobs ?? 0, drawableVocab);
  }

  /** The next draw, behind the forward pass of the token before it unless its logits are there already. */
  private async submitDraw(): Promise<Pending> {
    const { tokenReads, logitsReads, reserve } = this.parts;
    const position = this.sequence.tokens.length + this.pending.length - 1;
    await reserve(position + 1);
    const state = await tokenReads.take();
    const logits = this.options.sampler.topLogprobs === undefined ? undefined : await logitsReads().take();
    const isFed = position < this.fed;
    const parts = isFed ? 1 : this.parts.pace.submits(this.parts.layers);
    for (let part = 0; part < parts; part++) {
      const encoder = this.parts.device.createCommandEncoder({ label: 'token' });
      const pass = encoder.beginComputePass({ label: 'token' });
      const isLast = part === parts - 1;
      if (!isFed) this.encodeForward(pass, position, part, parts);
      if (isLast) this.parts.sampler.encode(pass);
      pass.end();
      if (isLast) {
        state.copyFrom(encoder, this.parts.state);
        logits?.copyFrom(encoder, this.parts.logits);
      }
      this.parts.device.queue.submit([encoder.finish()]);
    }
    this.fed = Math.max(this.fed, position + 1);
    return { state: state.read(), logits: logits?.read() };
  }

  /** Share `part` of `parts` of the forward pass of the token in the state buffer, at `position`. */
  private encodeForward(pass: GPUComputePassEncoder, position: number, part: number, parts: number): void {
    const { decoder, layers } = this.parts;
    const from = Math.floor((part * layers) / parts);
    decoder.encodeLayers(pass, position, from, Math.floor(((part + 1) * layers) / parts));
    if (part === parts - 1) decoder.encodeHead(pass);
  }
}
