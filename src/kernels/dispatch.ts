import type { Gpu } from '../gpu/device';
import type { PipelineCache, PipelineSpec } from '../gpu/pipeline-cache';
import type { DecodeTuning } from './decode-tuning';

/** One dispatch with everything bound, ready to be encoded again and again. */
export interface Dispatch {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  /** Workgroups. */
  readonly x: number;
  readonly y: number;
}

/** What the decode kernels are built with. */
export interface KernelContext {
  readonly gpu: Gpu;
  readonly pipelines: PipelineCache;
  readonly tuning: DecodeTuning;
}

export interface DispatchPlan {
  readonly spec: PipelineSpec;
  /** Buffer, or range of one, by binding number; `undefined` entries are left out. */
  readonly bindings: Readonly<Record<number, GPUBuffer | GPUBufferBinding | undefined>>;
  readonly x: number;
  readonly y?: number;
}

/** Compiles (once per specification) and binds. Throws AppError `internal` when the shader does not compile. */
export async function prepare(
  context: Pick<KernelContext, 'gpu' | 'pipelines'>,
  plan: DispatchPlan,
): Promise<Dispatch> {
  const pipeline = await context.pipelines.get(plan.spec);
  const entries: GPUBindGroupEntry[] = [];
  for (const [binding, resource] of Object.entries(plan.bindings)) {
    if (resource === undefined) continue;
    const bound = 'buffer' in resource ? resource : { buffer: resource };
    entries.push({ binding: Number(binding), resource: bound });
  }
  const label = plan.spec.op;
  const bindGroup = context.gpu.device.createBindGroup({
    label,
    layout: pipeline.getBindGroupLayout(0),
    entries,
  });
  return { label, pipeline, bindGroup, x: plan.x, y: plan.y ?? 1 };
}

/** Steps [start, end), with nothing said twice. */
export function encodeAll(
  pass: GPUComputePassEncoder,
  steps: readonly Dispatch[],
  start = 0,
  end = steps.length,
): void {
  let pipeline: GPUComputePipeline | undefined;
  for (let i = start; i < end; i++) {
    const step = steps[i]!;
    if (step.pipeline !== pipeline) {
      pipeline = step.pipeline;
      pass.setPipeline(pipeline);
    }
    pass.setBindGroup(0, step.bindGroup);
    pass.dispatchWorkgroups(step.x, step.y);
  }
}

export function encode(pass: GPUComputePassEncoder, dispatch: Dispatch, x = dispatch.x): void {
  pass.setPipeline(dispatch.pipeline);
  pass.setBindGroup(0, dispatch.bindGroup);
  pass.dispatchWorkgroups(x, dispatch.y);
}
