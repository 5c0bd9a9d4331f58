/** Brings a stored model onto a device: weights, cache, kernels, sampler, in one go or not at all. */
import { AppError } from '../core/errors';
import type { Gpu } from '../gpu/device';
import { PipelineCache } from '../gpu/pipeline-cache';
import { decodeTuning } from '../kernels/decode-tuning';
import { PrefillPass } from '../kernels/prefill/prefill-pass';
import { checkHeads } from '../kernels/qkv-rope';
import { GpuSampler } from '../kernels/sampler';
import { STATE } from '../kernels/types';
import type { ModelPackage } from '../models/package';
import { Decoder } from './decode';
import { DeviceWatch } from './device-watch';
import { GpuMemory } from './gpu-memory';
import { KvCache, maxKvPositions } from './kv-cache';
import { ModelRunner } from './model-runner';
import { type UploadProgress, uploadWeights } from './weights';

/** Tokens of one prefill chunk at most: beyond, memory grows and speed no longer does. */
const MAX_CHUNK = 256;

export interface RunnerOptions {
  /** Positions to allow; by default what the model was trained for. Never more than one binding holds. */
  readonly contextLength?: number;
  /** Ids from here on are padding rows, never drawn; by default all can be. */
  readonly drawableVocab?: number;
  readonly onProgress?: UploadProgress;
  readonly signal?: AbortSignal;
}

/**
 * Uploads a model and builds its kernels. Throws AppError `config-invalid` for shapes the kernels cannot run,
 * `limits-too-small`, `out-of-gpu-memory`, `device-lost`, `aborted`, and what reading the package throws; nothing
 * stays on the GPU then.
 */
export async function createRunner(
  gpu: Gpu,
  model: ModelPackage,
  options: RunnerOptions = {},
): Promise<ModelRunner> {
  const { architecture } = model;
  checkHeads(architecture);
  const contextLength = Math.min(
    options.contextLength ?? architecture.contextLength,
    maxKvPositions(gpu, architecture),
  );
  const watch = new DeviceWatch(gpu.device);
  const memory = new GpuMemory(gpu.device);
  const undo: (() => void)[] = [() => memory.destroy()];
  try {
    return await watch.guard(build());
  } catch (error) {
    for (const step of undo) step();
    throw error;
  }

  async function build(): Promise<ModelRunner> {
    const weights = await uploadWeights(gpu, model, options.onProgress, options.signal);
    undo.push(() => weights.destroy());
    const kv = await KvCache.create(gpu, architecture, contextLength);
    undo.push(() => kv.destroy());
    const { STORAGE, UNIFORM, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const state = await memory.create('state', STATE.sizeBytes, STORAGE | UNIFORM | COPY_SRC | COPY_DST);
    const logits = await memory.create('logits', architecture.vocab * 4, STORAGE | COPY_SRC | COPY_DST);
    const pipelines = new PipelineCache(gpu.device);
    const context = { gpu, pipelines, tuning: decodeTuning(gpu) };
    const drawableVocab = Math.min(options.drawableVocab ?? architecture.vocab, architecture.vocab);
    const decoder = await Decoder.create({ context, architecture, weights, kv, state, logits }, memory);
    const prefill = await PrefillPass.create(context, architecture, weights, {
      maxChunk: Math.min(MAX_CHUNK, contextLength),
      memory,
      head: decoder.headInput,
    });
    undo.push(() => prefill.dispose());
    await prefill.setCache(kv.buffers, kv.rope);
    const sampler = await GpuSampler.create(gpu, pipelines, {
      vocab: architecture.vocab,
      drawable: drawableVocab,
      logits,
      state,
    });
    undo.push(() => sampler.dispose());
    if (options.signal?.aborted) throw new AppError('aborted');
    return new ModelRunner(
      {
        gpu,
        architecture,
        contextLength,
        drawableVocab,
        weights,
        memory,
        kv,
        state,
        logits,
        decoder,
        prefill,
        sampler,
      },
      watch,
    );
  }
}
