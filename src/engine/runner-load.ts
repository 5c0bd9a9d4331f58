/**
 * The load of one model onto a device: all buffers first, so that a memory that is too small shows at once; then the
 * weights are read into them while the kernels are compiled and bound; then, where they are wanted, the tuner, which
 * needs the weights, and the warm-up. Used once, by runner.ts.
 */
import { AppError } from '../core/errors';
import type { Gpu } from '../gpu/device';
import { pipelinesOf } from '../gpu/pipeline-cache';
import type { DecodeTuning } from '../kernels/decode-tuning';
import { GpuSampler } from '../kernels/sampler';
import { STATE } from '../kernels/types';
import type { ModelPackage } from '../models/package';
import { buildKernels, type Kernels } from './build-kernels';
import { DEFAULT_ENGINE_OPTIONS, type EngineOptions } from './engine-options';
import { type FillTimes, fillWeights } from './fill-weights';
import { GpuMemory } from './gpu-memory';
import { KvCache, maxKvPositions } from './kv-cache';
import type { RunnerParts } from './model-runner';
import type { RunnerOptions } from './runner';
import { startTuning } from './start-tuning';
import { Tuner } from './tuner';
import type { GemvChoice } from './tuning-candidates';
import type { Trial } from './tuning-measure';
import { warmUp } from './warm-up';
import { type AllocatedWeights, allocateWeights } from './weights';

/** Tokens of one prefill chunk at most: beyond, memory grows and speed no longer does. */
const MAX_CHUNK = 512;

/** On the GPU before anything is read or compiled. */
interface Allocated {
  readonly weights: AllocatedWeights;
  readonly kv: KvCache;
  readonly memory: GpuMemory;
  readonly state: GPUBuffer;
  readonly logits: GPUBuffer;
}

interface Compiled {
  readonly sampler: GpuSampler;
  readonly kernels: Kernels;
  /** What the tuner will try, and what lies between those kernels. */
  readonly trials: readonly Trial[];
  readonly trialMemory: GpuMemory;
  readonly compileMs: number;
}

/** One load; `run`, and `undo` where that fails or the device is lost meanwhile. */
export class RunnerLoad {
  private readonly startedMs = performance.now();
  private readonly engine: EngineOptions;
  private readonly contextLength: number;
  /** Ends the reading when something else has failed. */
  private readonly stop = new AbortController();
  private readonly signal: AbortSignal;
  private readonly held: (() => void)[] = [];
  private tuner: Tuner | undefined;
  private isUndone = false;
  private isCompiled = false;

  constructor(
    private readonly gpu: Gpu,
    private readonly model: ModelPackage,
    private readonly options: RunnerOptions,
  ) {
    const { architecture } = model;
    this.engine = { ...DEFAULT_ENGINE_OPTIONS, ...options.engine };
    this.contextLength = Math.min(
      options.contextLength ?? architecture.contextLength,
      maxKvPositions(gpu, architecture, this.kvFormat),
    );
    this.signal = AbortSignal.any([this.stop.signal, ...(options.signal ? [options.signal] : [])]);
  }

  private get drawableVocab(): number {
    const { vocab } = this.model.architecture;
    return Math.min(this.options.drawableVocab ?? vocab, vocab);
  }

  private get kvFormat() {
    return this.engine.int8Kv ? 'int8' : 'f16';
  }

  /** Throws as `createRunner`; `undo` must follow then. */
  async run(): Promise<RunnerParts> {
    const { gpu, engine, contextLength, options } = this;
    const { architecture } = this.model;
    const start = startTuning(gpu, architecture, engine);
    this.tuner = await Tuner.open(gpu, architecture, start.gemv.head.math, options.tuner);
    const made = await this.allocate();
    this.checkAborted();
    const [compiled, times] = await together(this.compile(made, start), this.fill(made), this.stop);
    this.checkAborted();
    const { sampler } = compiled;
    const { kernels, tuneMs } = await this.tune(made, compiled, start);
    const warmUpMs = await this.warm(made, kernels, sampler);
    this.checkAborted();
    const { decoder, prefill } = kernels;
    const load = {
      ...times,
      compileMs: compiled.compileMs,
      tuneMs,
      warmUpMs,
      totalMs: performance.now() - this.startedMs,
      weightsBytes: made.weights.bytes,
    };
    const { drawableVocab } = this;
    const createKv = () => this.createKv();
    const about = { gpu, architecture, contextLength, drawableVocab, engine, load };
    return { ...about, ...made, createKv, decoder, prefill, sampler };
  }

  /** Frees everything, now or as soon as it is made. `error` is what the load ended with. */
  undo(error: AppError): void {
    this.isUndone = true;
    this.stop.abort();
    // Of all ends these may be the tuner's doing.
    if (error.code !== 'device-lost' && error.code !== 'internal') void this.tuner?.takeBack();
    for (const destroy of this.held.reverse()) destroy();
    this.held.length = 0;
  }

  private async allocate(): Promise<Allocated> {
    const { gpu } = this;
    const { architecture } = this.model;
    const weights = await allocateWeights(gpu, architecture);
    this.keep(() => weights.destroy());
    const kv = await this.createKv();
    this.keep(() => kv.destroy());
    const memory = new GpuMemory(gpu.device);
    this.keep(() => memory.destroy());
    const { STORAGE, UNIFORM, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const own = await memory.createMany((create) => ({
      state: create('state', STATE.sizeBytes, STORAGE | UNIFORM | COPY_SRC | COPY_DST),
      logits: create('logits', architecture.vocab * 4, STORAGE | COPY_SRC | COPY_DST),
    }));
    return { weights, kv, memory, ...own };
  }

  private async compile(made: Allocated, start: DecodeTuning): Promise<Compiled> {
    const { gpu, tuner } = this;
    const { architecture } = this.model;
    const startedMs = performance.now();
    const trialMemory = made.memory.part();
    const isNew = tuner !== undefined && tuner.known === undefined;
    // The sampler's kernels are the longest to compile, so they come first.
    const [sampler, kernels, trials] = await Promise.all([
      this.createSampler(made),
      tuner?.known ? this.buildChosen(made, start, tuner.known) : this.buildKernels(made, start),
      isNew ? tuner.prepare({ gpu, architecture, ...made, tuning: start }, trialMemory) : [],
    ]);
    // From here to the trials weights are read, which may take long and be broken off.
    await tuner?.takeBack();
    this.isCompiled = true;
    return { sampler, kernels, trials, trialMemory, compileMs: performance.now() - startedMs };
  }

  private async fill({ weights }: Allocated): Promise<FillTimes> {
    const { onProgress, onPhase } = this.options;
    const times = await fillWeights(this.gpu.device, this.model, weights, onProgress, this.signal);
    if (!this.isCompiled) onPhase?.('compile');
    return times;
  }

  /** The kernels to go on with: those compiled, or better ones. */
  private async tune(
    made: Allocated,
    { kernels, trials, trialMemory }: Compiled,
    start: DecodeTuning,
  ): Promise<{ kernels: Kernels; tuneMs: number }> {
    const { tuner } = this;
    if (!tuner || trials.length === 0) {
      trialMemory.destroy();
      return { kernels, tuneMs: 0 };
    }
    const startedMs = performance.now();
    this.options.onPhase?.('tune');
    const choice = await tuner.choose(this.gpu, trials, this.signal);
    trialMemory.destroy();
    this.checkAborted();
    const tuneMs = () => performance.now() - startedMs;
    if (!choice || JSON.stringify(choice.gemv) === JSON.stringify(start.gemv))
      return { kernels, tuneMs: tuneMs() };
    kernels.dispose();
    return { kernels: await this.buildChosen(made, start, choice), tuneMs: tuneMs() };
  }

  /** With what the tuner chose, now or long ago; where that does not compile, with the start. */
  private async buildChosen(made: Allocated, start: DecodeTuning, choice: GemvChoice): Promise<Kernels> {
    try {
      return await this.buildKernels(made, { ...start, ...choice });
    } catch (error) {
      if (this.signal.aborted || AppError.from(error).code !== 'internal') throw error;
      await this.tuner?.refute();
      return this.buildKernels(made, start);
    }
  }

  private async warm({ state }: Allocated, kernels: Kernels, sampler: GpuSampler): Promise<number> {
    const { options, gpu, model } = this;
    if (!options.warmUp) return 0;
    const startedMs = performance.now();
    options.onPhase?.('warmup');
    const { layers } = model.architecture;
    await warmUp({ ...kernels, gpu, layers, sampler, state });
    return performance.now() - startedMs;
  }

  private async createSampler({ logits, state }: Allocated): Promise<GpuSampler> {
    const { gpu, drawableVocab: drawable } = this;
    const { vocab } = this.model.architecture;
    const sampler = await GpuSampler.create(gpu, pipelinesOf(gpu.device), { vocab, drawable, logits, state });
    this.keep(() => sampler.dispose());
    return sampler;
  }

  private async buildKernels(made: Allocated, tuning: DecodeTuning): Promise<Kernels> {
    const { gpu, engine, contextLength } = this;
    const { architecture } = this.model;
    const context = { gpu, pipelines: pipelinesOf(gpu.device), tuning };
    const maxChunk = Math.min(MAX_CHUNK, contextLength);
    // Only what may be guessed is checked in columns (see TokenLoop).
    const columnLogits = engine.speculation !== 'off' && !engine.int8Activations;
    const parts = { context, architecture, ...made, maxChunk, columnLogits };
    const memory = made.memory.part();
    try {
      const kernels = await buildKernels(parts, memory);
      this.keep(() => kernels.dispose());
      return kernels;
    } catch (error) {
      memory.destroy();
      throw error;
    }
  }

  private createKv(): Promise<KvCache> {
    return KvCache.create(this.gpu, this.model.architecture, this.contextLength, this.kvFormat);
  }

  private keep(destroy: () => void): void {
    if (this.isUndone) destroy();
    else this.held.push(destroy);
  }

  private checkAborted(): void {
    if (this.signal.aborted) throw new AppError('aborted');
  }
}

/**
 * Both results. When one fails the other is told to stop and waited for, so that nothing goes on behind the error;
 * then the first error is thrown.
 */
async function together<A, B>(a: Promise<A>, b: Promise<B>, stop: AbortController): Promise<[A, B]> {
  const errors: unknown[] = [];
  const note = (error: unknown) => {
    errors.push(error);
    stop.abort();
  };
  a.catch(note);
  b.catch(note);
  await Promise.allSettled([a, b]);
  if (errors.length > 0) throw errors[0];
  return [await a, await b];
}
