/**
 * Opens a WebGPU device and says what it can do. The engine plans for the weakest adapter (128 MiB
 * bindings, 8 storage buffers, no f16, no subgroups) and uses what is offered beyond that. Works on the
 * browser's `navigator.gpu` and on Dawn for Node (src/gpu/node-gpu.ts); it never picks the GPU object itself.
 */
import { AppError } from '../core/errors';

export interface GpuFeatures {
  readonly f16: boolean;
  readonly subgroups: boolean;
  /** Smallest and largest subgroup the adapter may use; 0 without subgroups. */
  readonly subgroupMinSize: number;
  readonly subgroupMaxSize: number;
  readonly timestamps: boolean;
}

export interface Gpu {
  readonly device: GPUDevice;
  readonly features: GpuFeatures;
  /** Most bytes of one storage binding; tensors above it are split. */
  readonly maxBindingBytes: number;
  readonly maxBufferBytes: number;
  readonly name: string;
  readonly vendor: string;
  /** The adapter is a program on the processor: correct but slow. */
  readonly isSoftware: boolean;
}

/** Lets tests and users hold the engine to less than the adapter offers. */
export interface DeviceOptions {
  readonly f16?: boolean;
  readonly subgroups?: boolean;
  readonly maxBindingBytes?: number;
  readonly powerPreference?: GPUPowerPreference;
}

/** What the engine cannot do without; every WebGPU adapter of the core profile has it. */
export const NEEDED_BINDING_BYTES = 128 << 20;
export const NEEDED_STORAGE_BUFFERS = 8;

/**
 * @throws AppError `no-adapter` when the browser offers none, `limits-too-small` when it offers less than
 * the WebGPU defaults.
 */
export async function openDevice(gpu: GPU, options: DeviceOptions = {}): Promise<Gpu> {
  const adapter = await gpu.requestAdapter({
    powerPreference: options.powerPreference ?? 'high-performance',
  });
  if (!adapter) throw new AppError('no-adapter');
  const { limits } = adapter;
  if (
    limits.maxStorageBufferBindingSize < NEEDED_BINDING_BYTES ||
    limits.maxStorageBuffersPerShaderStage < NEEDED_STORAGE_BUFFERS
  )
    throw new AppError('limits-too-small', {
      bindingBytes: limits.maxStorageBufferBindingSize,
      neededBindingBytes: NEEDED_BINDING_BYTES,
      storageBuffers: limits.maxStorageBuffersPerShaderStage,
      neededStorageBuffers: NEEDED_STORAGE_BUFFERS,
    });
  const f16 = (options.f16 ?? true) && adapter.features.has('shader-f16');
  const subgroups = (options.subgroups ?? true) && adapter.features.has('subgroups');
  const timestamps = adapter.features.has('timestamp-query');
  const requiredFeatures: GPUFeatureName[] = [];
  if (f16) requiredFeatures.push('shader-f16');
  if (subgroups) requiredFeatures.push('subgroups');
  if (timestamps) requiredFeatures.push('timestamp-query');
  const maxBindingBytes = Math.min(
    limits.maxStorageBufferBindingSize,
    options.maxBindingBytes ?? Number.POSITIVE_INFINITY,
  );
  const device = await adapter.requestDevice({
    label: 'aerie',
    requiredFeatures,
    requiredLimits: {
      maxBufferSize: limits.maxBufferSize,
      // WebGPU's own checks then hold the engine to what it was asked to live with, down to the default.
      maxStorageBufferBindingSize: Math.max(maxBindingBytes, NEEDED_BINDING_BYTES),
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
    },
  });
  const { info } = adapter;
  const name = info.description || info.device || info.architecture || info.vendor || 'GPU';
  return {
    device,
    features: {
      f16,
      subgroups,
      subgroupMinSize: subgroups ? info.subgroupMinSize : 0,
      subgroupMaxSize: subgroups ? info.subgroupMaxSize : 0,
      timestamps,
    },
    maxBindingBytes,
    maxBufferBytes: limits.maxBufferSize,
    name,
    vendor: info.vendor,
    isSoftware:
      info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|software/i.test(`${name} ${info.vendor}`),
  };
}
