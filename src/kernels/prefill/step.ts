/**
 * A dispatch of the prefill: bound once, its size decided by the number of tokens in the chunk. All prefill
 * kernels read the chunk (tokens, start, capacity, ids) from one buffer; see `CHUNK`.
 */
import { type DispatchPlan, type KernelContext, prepare } from '../dispatch';

/** u32 words of `Chunk` in shaders/lib/chunk.wgsl; the ids follow. */
export const CHUNK = { tokens: 0, start: 1, capacity: 2, ids: 4 } as const;

export interface PrefillStep {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  /** Workgroups for a chunk of `tokens` at positions start, ...; undefined where another step does its work. */
  readonly groups: (tokens: number, start: number) => readonly [x: number, y: number] | undefined;
}

export interface PrefillContext extends Pick<KernelContext, 'gpu' | 'pipelines'> {
  /** `Chunk` of shaders/lib/chunk.wgsl, usage STORAGE. */
  readonly chunk: GPUBuffer;
  readonly uniforms: Uniforms;
}

/** Throws AppError `internal` when the shader does not compile. */
export async function prepareStep(
  context: PrefillContext,
  plan: Pick<DispatchPlan, 'spec' | 'bindings'>,
  groups: PrefillStep['groups'],
): Promise<PrefillStep> {
  const { pipeline, bindGroup } = await prepare(context, { ...plan, x: 0 });
  return { pipeline, bindGroup, groups };
}

export function encodeStep(
  pass: GPUComputePassEncoder,
  step: PrefillStep,
  tokens: number,
  start: number,
): void {
  const groups = step.groups(tokens, start);
  if (!groups) return;
  pass.setPipeline(step.pipeline);
  pass.setBindGroup(0, step.bindGroup);
  pass.dispatchWorkgroups(...groups);
}

/** The step for chunks of `least` to `most` tokens only. */
export function forTokens(step: PrefillStep, least: number, most = Number.POSITIVE_INFINITY): PrefillStep {
  return {
    ...step,
    groups: (tokens, start) => (tokens < least || tokens > most ? undefined : step.groups(tokens, start)),
  };
}

/** Uniform buffers by content: layers of one shape share them. */
export class Uniforms {
  private readonly buffers = new Map<string, GPUBuffer>();
  private isDestroyed = false;

  constructor(private readonly device: GPUDevice) {}

  get(words: readonly number[]): GPUBuffer {
    const key = words.join();
    let buffer = this.buffers.get(key);
    if (!buffer) {
      const size = Math.ceil(words.length / 4) * 16;
      const usage = GPUBufferUsage.UNIFORM;
      buffer = this.device.createBuffer({ label: `shape ${key}`, size, usage, mappedAtCreation: true });
      new Uint32Array(buffer.getMappedRange()).set(words);
      buffer.unmap();
      this.buffers.set(key, buffer);
      if (this.isDestroyed) buffer.destroy();
    }
    return buffer;
  }

  /** For good: what is still asked for afterwards can be bound but not used. */
  destroy(): void {
    this.isDestroyed = true;
    for (const buffer of this.buffers.values()) buffer.destroy();
    this.buffers.clear();
  }
}
