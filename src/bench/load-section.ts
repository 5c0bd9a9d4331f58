import { createRunner } from '../engine/runner';
import type { TunerOptions } from '../engine/tuner';
import { weightBytes } from '../engine/weights';
import type { BenchRunner } from './bench-runner';
import { isScaled, type ShapeJob } from './shape-job';
import { kvPositionBytes } from './shapes';
import { syntheticPackage } from './synthetic-package';
import type { LoadResult, MemoryResult } from './types';

/** Of the text that repeats itself, at most. */
const REPEATED_TOKENS = 300;
/** Tokens looked ahead. */
const MARGIN = 8;

/** Measured anew in every run: what an earlier one found may not hold any more. */
function forgetfulTuner(): TunerOptions {
  return { environment: 'bench', store: { read: async () => undefined, write: async () => {} } };
}

/** Loads the shape as the app loads a model, trial of kernels and warm-up included. Throws what `createRunner` throws. */
export async function loadShape({
  gpu,
  config,
  pace,
  architecture,
  signal,
}: ShapeJob): Promise<{ runner: BenchRunner; load: LoadResult }> {
  const model = syntheticPackage(architecture);
  const longest = Math.max(...config.contexts, ...config.prefillLengths, pace.promptTokens);
  const positions = Math.max(longest, pace.repeatedContext + REPEATED_TOKENS) + MARGIN;
  const startedAt = performance.now();
  const runner = await createRunner(gpu, model, {
    contextLength: positions,
    engine: config.engine,
    warmUp: true,
    tuner: forgetfulTuner(),
    ...(signal && { signal }),
  });
  const totalMs = performance.now() - startedAt;
  const { readMs, uploadMs, compileMs, tuneMs, warmUpMs, weightsBytes } = runner.load;
  const bytesPerSecond = (weightsBytes / totalMs) * 1000;
  const parts = { readMs, uploadMs, compileMs, tuneMs, warmUpMs };
  return { runner, load: { totalMs, weightsBytes, bytesPerSecond, ...parts } };
}

/** What the engine holds now, and what it would hold with all layers. */
export function memoryOf(job: ShapeJob, runner: BenchRunner): MemoryResult {
  const { architecture, whole, config } = job;
  const { weightsBytes, kvBytes, scratchBytes } = runner.memory();
  const measuredBytes = weightsBytes + kvBytes + scratchBytes;
  const contextTokens = Math.max(...config.contexts.filter((tokens) => tokens <= runner.contextLength), 0);
  if (!isScaled(job)) {
    return { contextTokens, measuredBytes, weightsBytes, kvBytes, scratchBytes, totalBytes: measuredBytes };
  }
  const positionBytes = kvPositionBytes(architecture, config.engine.int8Kv);
  // Cache of the layers that ran, rounded up to what was allotted; the rotation table is not per layer.
  const capacity = Math.floor(kvBytes / (architecture.layers * positionBytes + architecture.headDim * 4));
  const wholeKvBytes = kvBytes + (whole.layers - architecture.layers) * capacity * positionBytes;
  const wholeWeightsBytes = weightBytes(whole);
  return {
    contextTokens,
    measuredBytes,
    weightsBytes: wholeWeightsBytes,
    kvBytes: wholeKvBytes,
    scratchBytes,
    totalBytes: wholeWeightsBytes + wholeKvBytes + scratchBytes,
  };
}
