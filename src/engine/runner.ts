/** Brings a stored model onto a device, in one go or not at all. How it goes is told in runner-load.ts. */
import { AppError } from '../core/errors';
import type { Gpu } from '../gpu/device';
import { checkHeads } from '../kernels/qkv-rope';
import type { ModelPackage } from '../models/package';
import { DeviceWatch } from './device-watch';
import type { EngineOptions } from './engine-options';
import type { UploadProgress } from './fill-weights';
import { ModelRunner } from './model-runner';
import type { LoadPhase } from './progress';
import { RunnerLoad } from './runner-load';
import type { TunerOptions } from './tuner';

export interface RunnerOptions {
  /** Positions to allow; by default what the model was trained for. Never more than one binding holds. */
  readonly contextLength?: number;
  /** Ids from here on are padding rows, never drawn; by default all can be. */
  readonly drawableVocab?: number;
  /** What is not named is as in DEFAULT_ENGINE_OPTIONS. */
  readonly engine?: Partial<EngineOptions>;
  /** Use every kernel once, so that the first answer is not slower than the next; by default not. */
  readonly warmUp?: boolean;
  /** Tries kernels against each other where this adapter is not known yet; by default the defaults are used. */
  readonly tuner?: TunerOptions;
  /** Bytes of the weights that have reached the GPU. */
  readonly onProgress?: UploadProgress;
  /** What is waited for once the weights are there. */
  readonly onPhase?: (phase: Extract<LoadPhase, 'compile' | 'tune' | 'warmup'>) => void;
  readonly signal?: AbortSignal;
}

/**
 * Throws AppError `config-invalid` for shapes the kernels cannot run, `limits-too-small`, `out-of-gpu-memory`,
 * `device-lost`, `aborted`, and what reading the package throws; nothing stays on the GPU then.
 */
export async function createRunner(
  gpu: Gpu,
  model: ModelPackage,
  options: RunnerOptions = {},
): Promise<ModelRunner> {
  checkHeads(model.architecture);
  const watch = new DeviceWatch(gpu.device);
  const load = new RunnerLoad(gpu, model, options);
  try {
    return new ModelRunner(await watch.guard(load.run()), watch);
  } catch (error) {
    // A lost device is told at once; what is still going on behind it ends with this.
    load.undo(AppError.from(error));
    throw error;
  }
}
