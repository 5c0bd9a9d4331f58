/** Compute pipelines by op, prelude and constants, each compiled once per device and without blocking. */
import { AppError } from '../core/errors';
import { assembleShader } from './shader';

export interface PipelineSpec {
  readonly op: string;
  readonly preludes?: readonly string[];
  readonly constants?: Readonly<Record<string, number>>;
  readonly entryPoint?: string;
}

const keyOf = (spec: PipelineSpec): string =>
  [spec.op, spec.entryPoint ?? 'main', ...(spec.preludes ?? []), JSON.stringify(spec.constants ?? {})].join(
    '|',
  );

const caches = new WeakMap<GPUDevice, PipelineCache>();

/** The cache of a device: models that are loaded one after the other share their kernels. */
export function pipelinesOf(device: GPUDevice): PipelineCache {
  let cache = caches.get(device);
  if (!cache) {
    cache = new PipelineCache(device);
    caches.set(device, cache);
  }
  return cache;
}

export class PipelineCache {
  private readonly modules = new Map<string, GPUShaderModule>();
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();

  constructor(private readonly device: GPUDevice) {}

  /** @throws AppError `internal` with the compiler's first message when the shader is not valid. */
  get(spec: PipelineSpec): Promise<GPUComputePipeline> {
    const key = keyOf(spec);
    let pipeline = this.pipelines.get(key);
    if (!pipeline) {
      pipeline = this.create(spec, key);
      this.pipelines.set(key, pipeline);
      pipeline.catch(() => this.pipelines.delete(key));
    }
    return pipeline;
  }

  private async create(spec: PipelineSpec, label: string): Promise<GPUComputePipeline> {
    const preludes = spec.preludes ?? [];
    const moduleKey = [spec.op, ...preludes].join('|');
    let module = this.modules.get(moduleKey);
    if (!module) {
      module = this.device.createShaderModule({ label: moduleKey, code: assembleShader(spec.op, preludes) });
      this.modules.set(moduleKey, module);
    }
    try {
      return await this.device.createComputePipelineAsync({
        label,
        layout: 'auto',
        compute: { module, entryPoint: spec.entryPoint ?? 'main', constants: { ...spec.constants } },
      });
    } catch (error) {
      const { messages } = await module.getCompilationInfo();
      const first = messages.find((message) => message.type === 'error');
      throw new AppError(
        'internal',
        { message: `${label}: ${first ? `line ${first.lineNum}: ${first.message}` : String(error)}` },
        error,
      );
    }
  }
}
