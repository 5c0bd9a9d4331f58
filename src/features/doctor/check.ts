/**
 * Whether models can run here, found out before anything is downloaded: secure page, WebGPU, an adapter,
 * its limits. Opens no device.
 */
import { AppError } from '../../core/errors';
import { NEEDED_BINDING_BYTES, NEEDED_STORAGE_BUFFERS } from '../../gpu/device';

export interface GpuReport {
  readonly isSecure: boolean;
  readonly hasWebGpu: boolean;
  /** Absent without an adapter. */
  readonly adapter?: AdapterReport;
  readonly problem?: AppError;
}

export interface AdapterReport {
  readonly name: string;
  readonly isSoftware: boolean;
  readonly f16: boolean;
  readonly subgroups: boolean;
  readonly maxBindingBytes: number;
  readonly maxBufferBytes: number;
}

/** What is looked at; the browser's globals, or a test's. */
export interface Surroundings {
  readonly isSecureContext: boolean;
  readonly gpu: Pick<GPU, 'requestAdapter'> | undefined;
}

export async function checkGpu({ isSecureContext, gpu }: Surroundings): Promise<GpuReport> {
  const base = { isSecure: isSecureContext, hasWebGpu: gpu !== undefined };
  if (!isSecureContext) return { ...base, problem: new AppError('insecure-context') };
  if (!gpu) return { ...base, problem: new AppError('no-webgpu') };
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (!adapter) return { ...base, problem: new AppError('no-adapter') };
  const { info, limits, features } = adapter;
  const report: AdapterReport = {
    name: nameOf(info),
    isSoftware:
      info.isFallbackAdapter ||
      /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(JSON.stringify(texts(info))),
    f16: features.has('shader-f16'),
    subgroups: features.has('subgroups'),
    maxBindingBytes: limits.maxStorageBufferBindingSize,
    maxBufferBytes: limits.maxBufferSize,
  };
  const isTooSmall =
    limits.maxStorageBufferBindingSize < NEEDED_BINDING_BYTES ||
    limits.maxStorageBuffersPerShaderStage < NEEDED_STORAGE_BUFFERS;
  if (!isTooSmall) return { ...base, adapter: report };
  const problem = new AppError('limits-too-small', {
    bindingBytes: limits.maxStorageBufferBindingSize,
    neededBindingBytes: NEEDED_BINDING_BYTES,
    storageBuffers: limits.maxStorageBuffersPerShaderStage,
    neededStorageBuffers: NEEDED_STORAGE_BUFFERS,
  });
  return { ...base, adapter: report, problem };
}

const texts = ({ vendor, architecture, device, description }: GPUAdapterInfo) => ({
  vendor,
  architecture,
  device,
  description,
});

/** Chrome gives the full name only to some pages; vendor and architecture are always there. */
function nameOf({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  if (description) return description;
  const parts = [vendor, device || architecture].filter(Boolean);
  return parts.length > 0 ? parts.join(' ') : 'GPU';
}
