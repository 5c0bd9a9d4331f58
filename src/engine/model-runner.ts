/**
 * Runs one model on one device: owns weights, cached sequences, sampler and state on the GPU. One operation at a
 * time; the engine above queues.
 *
 * Accounting: `tokens` of the sequence in use is everything prefilled or yielded. The first `cached` of them have
 * keys and values; a drawn token gets them only when the next submit feeds it (src/engine/token-loop.ts), so the
 * rest is fed again before anything else runs.
 */
import { AppError } from '../core/errors';
import type { Gpu } from '../gpu/device';
import type { PrefillPass } from '../kernels/prefill/prefill-pass';
import type { GpuSampler } from '../kernels/sampler';
import { STATE } from '../kernels/types';
import type { Architecture } from '../models/architecture';
import { checkIds } from './check-ids';
import type { Decoder } from './decode';
import type { DeviceWatch } from './device-watch';
import type { EngineOptions } from './engine-options';
import type { GpuMemory } from './gpu-memory';
import type { KvCache } from './kv-cache';
import type { LoadReport } from './load-report';
import { TokenPace } from './pace';
import { PromptFeeder } from './prompt-feeder';
import { ReadRing } from './read-ring';
import { type Sequence, SequenceSet } from './sequence-set';
import { Speculator } from './speculation/speculator';
import { Verifier } from './speculation/verify';
import { TokenLoop, type TokenLoopParts } from './token-loop';
import type { GenerateOptions, Runner, RunnerTiming, SampledToken } from './types';
import type { AllocatedWeights } from './weights';

export interface RunnerParts {
  readonly gpu: Gpu;
  readonly architecture: Architecture;
  readonly contextLength: number;
  readonly drawableVocab: number;
  readonly weights: AllocatedWeights;
  readonly memory: GpuMemory;
  /** In use at first; decoder and prefill are bound to it. */
  readonly kv: KvCache;
  /** Makes another like it. Throws AppError `out-of-gpu-memory`. */
  readonly createKv: () => Promise<KvCache>;
  readonly state: GPUBuffer;
  readonly logits: GPUBuffer;
  readonly decoder: Decoder;
  readonly prefill: PrefillPass;
  readonly sampler: GpuSampler;
  /** What it was loaded with. */
  readonly engine: EngineOptions;
  readonly load: LoadReport;
}

/** Of the weights' bytes, what cached sequences may take in all. */
const KV_SHARE = 1 / 4;

export class ModelRunner implements Runner {
  readonly architecture: Architecture;
  readonly contextLength: number;
  readonly load: LoadReport;
  private readonly tokenReads: ReadRing;
  /** For f32 [vocab]; made when first asked for. */
  private logitsReads: ReadRing | undefined;
  private readonly feeder: PromptFeeder;
  private readonly sequences: SequenceSet;
  private readonly loopParts: TokenLoopParts;
  /** Whether `logits` on the GPU belong to the last of `tokens`. */
  private hasLogits = false;
  private isBusy = false;
  private isDisposed = false;
  private times = { prefillMs: 0, prefillTokens: 0, decodeMs: 0, decodeTokens: 0, firstTokenMs: 0 };

  constructor(
    private readonly parts: RunnerParts,
    private readonly watch: DeviceWatch,
  ) {
    this.architecture = parts.architecture;
    this.contextLength = parts.contextLength;
    this.load = parts.load;
    const { decoder, prefill, architecture } = parts;
    const { device } = parts.gpu;
    const { layers } = architecture;
    this.tokenReads = new ReadRing(device, STATE.sizeBytes, 4);
    this.feeder = new PromptFeeder({ ...parts, watch, layers });
    this.sequences = new SequenceSet({
      first: parts.kv,
      create: parts.createKv,
      bind: async ({ buffers, rope }) => {
        await decoder.setCache(buffers, rope);
        await prefill.setCache(buffers, rope);
      },
      whenIdle: () => device.queue.onSubmittedWorkDone(),
      contextLength: parts.contextLength,
      budgetBytes: parts.weights.bytes * KV_SHARE,
    });
    this.loopParts = {
      ...parts,
      device,
      watch,
      layers,
      pace: new TokenPace(parts.gpu),
      speculator: new Speculator(),
      verifier: new Verifier({ ...parts, device, layers, vocab: architecture.vocab }),
      tokenReads: this.tokenReads,
      logitsReads: () => this.takeLogitsReads(),
      reserve: (positions) => this.sequences.reserve(positions),
    };
  }

  get tokens(): readonly number[] {
    return this.sequence.tokens;
  }

  private get sequence(): Sequence {
    return this.sequences.current;
  }

  timing(): RunnerTiming {
    return { ...this.times, ...this.loopParts.speculator.figures };
  }

  /** Dispatches of one token at the present position, sampler included. */
  get dispatchesPerToken(): number {
    return this.parts.decoder.dispatchCount(this.tokens.length) + 3;
  }

  memory(): { weightsBytes: number; kvBytes: number; scratchBytes: number } {
    const { weights, memory, sampler } = this.parts;
    const readBytes = this.tokenReads.bytes + this.loopParts.verifier.bytes + (this.logitsReads?.bytes ?? 0);
    return {
      weightsBytes: weights.bytes,
      kvBytes: this.sequences.bytes,
      scratchBytes: memory.bytes + sampler.sizeBytes + readBytes,
    };
  }

  async resume(ids: readonly number[]): Promise<number> {
    this.begin();
    try {
      if (ids.length === 0) throw new AppError('message-empty');
      this.hasLogits = false;
      return await this.watch.guard(this.sequences.resume(ids));
    } finally {
      this.isBusy = false;
    }
  }

  truncate(position: number): void {
    this.begin();
    this.isBusy = false;
    if (!Number.isInteger(position) || position < 0) {
      throw new AppError('parameter-out-of-range', { parameter: 'position', value: position });
    }
    const { sequence } = this;
    if (position >= sequence.tokens.length) return;
    sequence.tokens.length = position;
    sequence.cached = Math.min(sequence.cached, position);
    this.hasLogits = false;
  }

  async prefill(ids: readonly number[], signal?: AbortSignal): Promise<void> {
    this.begin();
    try {
      checkIds(ids, this.tokens.length, this);
      await this.feed(ids, signal);
    } finally {
      this.isBusy = false;
    }
  }

  async readLogits(): Promise<Float32Array> {
    this.begin();
    try {
      await this.ensureLogits();
      return await this.watch.guard(this.copyLogits());
    } finally {
      this.isBusy = false;
    }
  }

  /**
   * See Runner.generate. Returns early, without an error, when the signal aborts; tokens drawn by then and not
   * yielded are forgotten. Stops by itself when the context is full.
   */
  async *generate(options: GenerateOptions): AsyncGenerator<SampledToken> {
    this.begin();
    let loop: TokenLoop | undefined;
    try {
      const limit = Math.min(this.contextLength, this.tokens.length + options.maxTokens);
      if (this.tokens.length >= limit) return;
      const startedAt = performance.now();
      await this.ensureLogits();
      // Guesses are checked with buffers that a runner made without guessing does not have.
      const isPlain = this.parts.engine.speculation === 'off';
      const wanted: GenerateOptions = isPlain ? { ...options, speculation: 'off' } : options;
      loop = new TokenLoop(this.loopParts, this.sequence, wanted, limit);
      this.hasLogits = false;
      let isFirst = true;
      for (;;) {
        const steppedAt = performance.now();
        const drawn = await loop.step();
        if (drawn.length === 0) return;
        const now = performance.now();
        if (isFirst) this.times.firstTokenMs = now - startedAt;
        isFirst = false;
        this.times.decodeMs += now - steppedAt;
        for (const token of drawn) {
          loop.accept(token);
          this.times.decodeTokens += 1;
          yield token;
          if (options.stopIds.has(token.id) || options.signal?.aborted) return;
        }
      }
    } finally {
      loop?.stop();
      this.isBusy = false;
    }
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    const { weights, memory, sampler, prefill } = this.parts;
    prefill.dispose();
    weights.destroy();
    this.sequences.destroy();
    memory.destroy();
    sampler.dispose();
    this.tokenReads.destroy();
    this.loopParts.verifier.dispose();
    this.logitsReads?.destroy();
  }

  /** Throws `not-loaded` after dispose, `device-lost`, `busy`. */
  private begin(): void {
    if (this.isDisposed) throw new AppError('not-loaded');
    this.watch.check();
    if (this.isBusy) throw new AppError('busy');
    this.isBusy = true;
  }

  /** Computes the logits of the last token again where they are gone. Throws `message-empty` without tokens. */
  private async ensureLogits(): Promise<void> {
    if (this.hasLogits) return;
    const { sequence } = this;
    if (sequence.tokens.length === 0) throw new AppError('message-empty');
    sequence.cached = Math.min(sequence.cached, sequence.tokens.length - 1);
    await this.feed([]);
  }

  /** Appends `ids` and feeds everything that is not cached yet, chunk by chunk. */
  private async feed(ids: readonly number[], signal?: AbortSignal): Promise<void> {
    const { sequence } = this;
    const start = sequence.cached;
    const todo = [...sequence.tokens.slice(start), ...ids]; // [tokens to feed]
    if (todo.length === 0) return;
    this.hasLogits = false;
    const startedAt = performance.now();
    const onFed = (count: number) => {
      sequence.cached = start + count;
      sequence.tokens.push(...todo.slice(sequence.tokens.length - start, count));
    };
    await this.watch.guard(this.sequences.reserve(start + todo.length));
    await this.feeder.feed(todo, start, onFed, signal);
    this.hasLogits = true;
    this.times.prefillMs += performance.now() - startedAt;
    this.times.prefillTokens += todo.length;
  }

  /** f32 [vocab] */
  private async copyLogits(): Promise<Float32Array<ArrayBuffer>> {
    const { device } = this.parts.gpu;
    const slot = await this.takeLogitsReads().take();
    const encoder = device.createCommandEncoder({ label: 'logits read-back' });
    slot.copyFrom(encoder, this.parts.logits);
    device.queue.submit([encoder.finish()]);
    return new Float32Array((await slot.read()).buffer);
  }

  private takeLogitsReads(): ReadRing {
    this.logitsReads ??= new ReadRing(this.parts.gpu.device, this.architecture.vocab * 4, 1);
    return this.logitsReads;
  }
}
