/** What the browser's GPU offers, asked without keeping a device. */
import { AppError } from '../core/errors';
import { type DeviceOptions, type Gpu, openDevice } from '../gpu/device';
import type { GpuInfo } from './protocol';

/** @throws AppError `insecure-context`, `no-webgpu`. */
export function browserGpu(): GPU {
  if (!globalThis.isSecureContext) throw new AppError('insecure-context', { origin: globalThis.origin });
  const { gpu } = navigator;
  if (!gpu) throw new AppError('no-webgpu');
  return gpu;
}

/**
 * @param opened the engine's device, when there is one; otherwise one is opened with `options` and given back.
 * @throws AppError `insecure-context`, `no-webgpu`, `no-adapter`, `limits-too-small`.
 */
export async function gpuInfo(opened: Gpu | undefined, options: DeviceOptions = {}): Promise<GpuInfo> {
  const gpu = opened ?? (await openDevice(browserGpu(), options));
  const { adapterInfo } = gpu.device;
  const info: GpuInfo = {
    name: gpu.name,
    vendor: gpu.vendor,
    architecture: adapterInfo.architecture,
    f16: gpu.features.f16,
    subgroups: gpu.features.subgroups,
    maxBindingBytes: gpu.maxBindingBytes,
    maxBufferBytes: gpu.maxBufferBytes,
    isSoftware: gpu.isSoftware,
  };
  if (!opened) gpu.device.destroy();
  return info;
}
