/** Each decode kernel by itself: the dispatches of a token of the real loop, encoded again kind by kind. */
import { AppError } from '../core/errors';
import { sum } from '../core/statistics';
import type { Gpu } from '../gpu/device';
import { GpuClock } from '../gpu/gpu-clock';
import { assumeContext, type BenchRunner, drawTokens } from './bench-runner';
import { type TappedDispatch, tapDispatches } from './device-tap';
import { groupKernels } from './kernel-groups';
import { kernelReadBytes } from './shapes';
import { BENCH_KERNELS, type BenchKernel, type KernelResult } from './types';

export interface KernelOptions {
  readonly rounds: number;
  /** Per kernel. */
  readonly budgetMs: number;
  readonly isInt8Kv: boolean;
  /** Of the read probe; absent: no shares. */
  readonly readBytesPerSecond?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The token whose dispatches are taken: the first has no forward pass. */
const TOKENS = 2;
/** Room for the tokens that the loop looks ahead. */
const MARGIN = TOKENS + 4;

/**
 * All kernels at `context`, or attention only. Every layer's weights are read in turn, which is what keeps caches
 * from answering for the memory. Throws AppError `aborted`, `out-of-gpu-memory`, `device-lost`.
 */
export async function measureKernels(
  gpu: Gpu,
  runner: BenchRunner,
  context: number,
  kernels: readonly BenchKernel[],
  options: KernelOptions,
): Promise<KernelResult[]> {
  await assumeContext(gpu.device, runner, Math.max(1, context - MARGIN), options.signal);
  const groups = groupKernels(await recordToken(gpu.device, runner, options.signal));
  const clock = await GpuClock.create(gpu);
  try {
    const results: KernelResult[] = [];
    // In this order the sampler is last: it moves the position that the others read.
    for (const kernel of BENCH_KERNELS.filter((name) => kernels.includes(name))) {
      if (options.signal?.aborted) throw new AppError('aborted');
      const executions = groups.get(kernel);
      if (!executions) continue;
      const all = executions.flat();
      const allMs = await clock.once((pass) => encodeAll(pass, all), options.rounds, options.budgetMs);
      const kv = { positions: context, isInt8: options.isInt8Kv };
      const readBytes = kernelReadBytes(kernel, runner.architecture, kv);
      const timeMs = allMs / executions.length;
      const bytesPerSecond = (readBytes / timeMs) * 1000;
      const limit = kernel === 'sampler' ? undefined : options.readBytesPerSecond;
      results.push({
        kernel,
        ...(kernel === 'attention' && { contextTokens: context }),
        timeMs,
        dispatches: sum(executions.map((execution) => execution.length)) / executions.length,
        readBytes,
        distinctBytes: readBytes * executions.length,
        bytesPerSecond,
        ...(limit !== undefined && { bandwidthShare: bytesPerSecond / limit }),
        clock: clock.kind,
      });
    }
    return results;
  } finally {
    clock.destroy();
  }
}

/** Dispatches of one whole token, in order. */
export async function recordToken(
  device: GPUDevice,
  runner: BenchRunner,
  signal?: AbortSignal,
): Promise<TappedDispatch[]> {
  const tokens: TappedDispatch[][] = [[]];
  const keep = (dispatch: TappedDispatch): boolean => {
    tokens.at(-1)!.push(dispatch);
    if (dispatch.op === 'sample_draw') tokens.push([]);
    return true;
  };
  await tapDispatches(device, keep, () => drawTokens(runner, TOKENS, { signal }));
  if (signal?.aborted) throw new AppError('aborted');
  const token = tokens[TOKENS - 1];
  if (!token?.length) throw new AppError('internal', { message: 'no dispatches of a token were seen' });
  return token;
}

function encodeAll(pass: GPUComputePassEncoder, dispatches: readonly TappedDispatch[]): void {
  for (const { pipeline, bindGroup, x, y, z } of dispatches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(x, y, z);
  }
}
