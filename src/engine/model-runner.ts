/**
 * Runs one model on one device: owns weights, KV cache, sampler and state on the GPU, and keeps account of which
 * tokens' keys and values are in the cache. One operation at a time; the engine above queues.
 *
 * Accounting: `tokens` is everything prefilled or yielded. The first `cached` of them have keys and values; a drawn
 * token gets them only when the next submit feeds it, so the rest is fed again before anything else runs. Look-ahead
 * computes at most two tokens nobody asked for: their cache rows lie beyond `cached` and are overwritten, the state
 * buffer and the sampler's counts are written afresh by the next `generate`.
 */
import { AppError } from '../core/errors';
import type { Gpu } from '../gpu/device';
import type { PrefillPass } from '../kernels/prefill/prefill-pass';
import { type GpuSampler, NO_TOKEN } from '../kernels/sampler';
import { STATE } from '../kernels/types';
import type { Architecture } from '../models/architecture';
import type { Decoder } from './decode';
import type { DeviceWatch } from './device-watch';
import type { GpuMemory } from './gpu-memory';
import type { KvCache } from './kv-cache';
import { withLogprobs } from './logprobs';
import { TokenPace } from './pace';
import { PromptFeeder } from './prompt-feeder';
import { ReadRing } from './read-ring';
import { encodeToken } from './token-encoder';
import type { GenerateOptions, Runner, SampledToken } from './types';
import type { UploadedWeights } from './weights';

/** What was measured since the runner was made; times include waiting for the GPU. */
export interface RunnerTiming {
  readonly prefillMs: number;
  readonly prefillTokens: number;
  readonly decodeMs: number;
  readonly decodeTokens: number;
  /** From the start of the last `generate` to its first token. */
  readonly firstTokenMs: number;
}

export interface RunnerParts {
  readonly gpu: Gpu;
  readonly architecture: Architecture;
  readonly contextLength: number;
  readonly drawableVocab: number;
  readonly weights: UploadedWeights;
  readonly memory: GpuMemory;
  readonly kv: KvCache;
  readonly state: GPUBuffer;
  readonly logits: GPUBuffer;
  readonly decoder: Decoder;
  readonly prefill: PrefillPass;
  readonly sampler: GpuSampler;
}

/** A draw on its way: what was submitted and not yet read. */
interface Pending {
  readonly token: Promise<Uint32Array<ArrayBuffer>>;
  readonly logits: Promise<Float32Array<ArrayBuffer>> | undefined;
}

export class ModelRunner implements Runner {
  readonly architecture: Architecture;
  readonly contextLength: number;
  private readonly ring: ReadRing;
  private readonly tokenPace = new TokenPace();
  private readonly feeder: PromptFeeder;
  private readonly history: number[] = [];
  /** Of `history`, how many have their keys and values in the cache. */
  private cached = 0;
  /** Whether `logits` on the GPU belong to the last token of `history`. */
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
    this.ring = new ReadRing(parts.gpu.device, STATE.sizeBytes, 4);
    const { gpu, kv, decoder, prefill, state } = parts;
    const { layers } = parts.architecture;
    this.feeder = new PromptFeeder({ device: gpu.device, watch, layers, kv, decoder, prefill, state });
  }

  get tokens(): readonly number[] {
    return this.history;
  }

  timing(): RunnerTiming {
    return { ...this.times };
  }

  /** Dispatches of one token at the present position, sampler included. */
  get dispatchesPerToken(): number {
    return this.parts.decoder.dispatchCount(this.history.length) + 3;
  }

  memory(): { weightsBytes: number; kvBytes: number; scratchBytes: number } {
    const { weights, kv, memory, sampler } = this.parts;
    return {
      weightsBytes: weights.bytes,
      kvBytes: kv.bytes,
      scratchBytes: memory.bytes + sampler.sizeBytes + this.ring.bytes,
    };
  }

  truncate(position: number): void {
    this.begin();
    this.isBusy = false;
    if (!Number.isInteger(position) || position < 0) {
      throw new AppError('parameter-out-of-range', { parameter: 'position', value: position });
    }
    if (position >= this.history.length) return;
    this.history.length = position;
    this.cached = Math.min(this.cached, position);
    this.hasLogits = false;
  }

  async prefill(ids: readonly number[], signal?: AbortSignal): Promise<void> {
    this.begin();
    try {
      this.checkIds(ids);
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
    const start = this.history.length;
    const most = Math.min(options.maxTokens, this.contextLength - start);
    const pending: Pending[] = [];
    const aborted = abortPromise(options.signal);
    let submitted = 0;
    try {
      if (most <= 0) return;
      const startedAt = performance.now();
      await this.ensureLogits();
      this.configure(options);
      let lastAt = performance.now();
      while (this.history.length < start + most && !options.signal?.aborted) {
        // Log-probabilities are computed on the CPU from each token's logits, one token at a time.
        const lookAhead = options.sampler.topLogprobs === undefined ? this.tokenPace.lookAhead : 0;
        while (pending.length <= lookAhead && submitted < most) {
          pending.push(await this.submitDraw(start + submitted - 1, submitted === 0, options));
          submitted += 1;
        }
        const drawn = await this.watch.guard(
          Promise.race([this.receive(pending.shift()!, options), aborted]),
        );
        if (drawn === undefined) return;
        const now = performance.now();
        if (this.history.length === start) this.times.firstTokenMs = now - startedAt;
        else this.tokenPace.report(now - lastAt);
        this.times.decodeMs += now - lastAt;
        this.times.decodeTokens += 1;
        this.history.push(drawn.id);
        this.cached = Math.min(this.history.length, start + submitted - 1);
        yield drawn;
        if (options.stopIds.has(drawn.id)) return;
        lastAt = performance.now();
      }
    } finally {
      aborted.stop();
      this.hasLogits = false;
      this.isBusy = false;
    }
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    const { weights, kv, memory, sampler, prefill } = this.parts;
    prefill.dispose();
    weights.destroy();
    kv.destroy();
    memory.destroy();
    sampler.dispose();
    this.ring.destroy();
  }

  /** Throws `not-loaded` after dispose, `device-lost`, `busy`. */
  private begin(): void {
    if (this.isDisposed) throw new AppError('not-loaded');
    this.watch.check();
    if (this.isBusy) throw new AppError('busy');
    this.isBusy = true;
  }

  /** Throws `message-too-long` {tokens, limit} or `parameter-out-of-range`. */
  private checkIds(ids: readonly number[]): void {
    const tokens = this.history.length + ids.length;
    if (tokens > this.contextLength) {
      throw new AppError('message-too-long', {
        tokens,
        limit: this.contextLength,
        excessTokens: tokens - this.contextLength,
      });
    }
    const { vocab } = this.architecture;
    for (const id of ids) {
      if (!Number.isInteger(id) || id < 0 || id >= vocab) {
        throw new AppError('parameter-out-of-range', {
          parameter: 'token',
          value: id,
          min: 0,
          max: vocab - 1,
        });
      }
    }
  }

  /** Computes the logits of the last token again where they are gone. Throws `message-empty` without tokens. */
  private async ensureLogits(): Promise<void> {
    if (this.hasLogits) return;
    if (this.history.length === 0) throw new AppError('message-empty');
    this.cached = Math.min(this.cached, this.history.length - 1);
    await this.feed([]);
  }

  /** Appends `ids` and feeds everything that is not cached yet, chunk by chunk. */
  private async feed(ids: readonly number[], signal?: AbortSignal): Promise<void> {
    const start = this.cached;
    const todo = [...this.history.slice(start), ...ids]; // [tokens to feed]
    if (todo.length === 0) return;
    this.hasLogits = false;
    const startedAt = performance.now();
    const onFed = (count: number) => {
      this.cached = start + count;
      const added = todo.slice(this.history.length - start, count);
      this.history.push(...added);
    };
    await this.feeder.feed(todo, start, onFed, signal);
    this.hasLogits = true;
    this.times.prefillMs += performance.now() - startedAt;
    this.times.prefillTokens += todo.length;
  }

  /** Sampler settings, counts of what is in the context, and the state before the first draw. */
  private configure({ sampler }: GenerateOptions): void {
    this.parts.sampler.configure(sampler, { tokens: this.history, generated: [] });
    const last = this.history.length - 1;
    const state = Uint32Array.of(this.history[last]!, last, 0, 0);
    this.parts.gpu.device.queue.writeBuffer(this.parts.state, 0, state);
  }

  /** One draw, with the forward pass of the token before it at `position` unless its logits are there already. */
  private async submitDraw(
    position: number,
    isFirst: boolean,
    { sampler: settings }: GenerateOptions,
  ): Promise<Pending> {
    const { gpu, decoder, sampler, state, architecture } = this.parts;
    if (!isFirst) await this.feeder.ensureCapacity(position + 1);
    const work = isFirst ? { withHead: false, withDraw: true } : { position, withHead: true, withDraw: true };
    const maker = { decoder, sampler, layers: architecture.layers, pace: this.tokenPace };
    const { read } = await this.ring.submitAndRead(encodeToken(gpu.device, maker, work), state);
    return { token: read, logits: settings.topLogprobs === undefined ? undefined : this.copyLogits() };
  }

  private async receive({ token, logits }: Pending, { sampler }: GenerateOptions): Promise<SampledToken> {
    const id = (await token)[STATE.token]!;
    if (id === NO_TOKEN)
      throw new AppError('internal', { message: 'no token can be drawn from these logits' });
    if (!logits) return { id };
    return withLogprobs(id, await logits, sampler.topLogprobs ?? 0, this.parts.drawableVocab);
  }

  /** f32 [vocab] */
  private async copyLogits(): Promise<Float32Array<ArrayBuffer>> {
    const { device } = this.parts.gpu;
    const { logits } = this.parts;
    const sizeBytes = this.architecture.vocab * 4;
    const staging = device.createBuffer({
      label: 'logits read-back',
      size: sizeBytes,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    try {
      const encoder = device.createCommandEncoder({ label: 'logits read-back' });
      encoder.copyBufferToBuffer(logits, 0, staging, 0, sizeBytes);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      return new Float32Array(staging.getMappedRange().slice(0));
    } finally {
      staging.destroy();
    }
  }
}

/** Resolves to undefined when the signal aborts; `stop` lets go of it. */
function abortPromise(signal: AbortSignal | undefined): Promise<undefined> & { stop(): void } {
  let stop = () => {};
  const promise = new Promise<undefined>((resolve) => {
    const onAbort = () => resolve(undefined);
    if (signal?.aborted) resolve(undefined);
    signal?.addEventListener('abort', onAbort, { once: true });
    stop = () => signal?.removeEventListener('abort', onAbort);
  });
  return Object.assign(promise, { stop });
}
