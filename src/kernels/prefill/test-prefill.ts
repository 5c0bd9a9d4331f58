/** A chunk, a context and a submit for the prefill tests. */
import type { DeviceOptions } from '../../gpu/device';
import { PipelineCache } from '../../gpu/pipeline-cache';
import { testGpu, upload } from '../../gpu/test-gpu';
import { submit } from '../test-kernels';
import { encodeStep, type PrefillContext, type PrefillStep, Uniforms } from './step';

const caches = new Map<string, PipelineCache>();

export interface ChunkOptions {
  readonly ids?: readonly number[];
  readonly start?: number;
  readonly capacity?: number;
  /** With the sizes for such adapters; by default for the one at hand. */
  readonly isSoftware?: boolean | undefined;
}

/** Prefill context with a chunk of `tokens` on the test adapter. */
export async function chunkContext(
  options: DeviceOptions,
  tokens: number,
  { ids = [], start = 0, capacity = 0, isSoftware }: ChunkOptions = {},
): Promise<PrefillContext> {
  const opened = await testGpu(options);
  const gpu = { ...opened, isSoftware: isSoftware ?? opened.isSoftware };
  const key = JSON.stringify(options);
  const pipelines = caches.get(key) ?? new PipelineCache(gpu.device);
  caches.set(key, pipelines);
  const words = Uint32Array.from([tokens, start, capacity, 0, ...ids, ...new Array(8).fill(0)]);
  return { gpu, pipelines, chunk: upload(gpu.device, 'chunk', words), uniforms: new Uniforms(gpu.device) };
}

export function runSteps(
  { gpu }: PrefillContext,
  steps: readonly PrefillStep[],
  tokens: number,
  start = 0,
): void {
  submit(gpu, (pass) => {
    for (const step of steps) encodeStep(pass, step, tokens, start);
  });
}

/** With shader-f16 where the adapter has it, and without. */
export const F16: readonly DeviceOptions[] = [{}, { f16: false }];
