/** The adapter of a kernel test, opened once per process; tests without one are reported as not run. */
import { type DeviceOptions, type Gpu, openDevice } from './device';
import { nodeGpu } from './node-gpu';

const opened = new Map<string, Promise<Gpu>>();

/** Same options, same device: Dawn for Node does not like many devices in one process. */
export function testGpu(options: DeviceOptions = {}): Promise<Gpu> {
  const key = JSON.stringify(options);
  let gpu = opened.get(key);
  if (!gpu) {
    gpu = openDevice(nodeGpu(), options);
    opened.set(key, gpu);
  }
  return gpu;
}

/** Copies a buffer back, as a fresh ArrayBuffer. */
export async function readBuffer(
  device: GPUDevice,
  buffer: GPUBuffer,
  sizeBytes = buffer.size,
): Promise<ArrayBuffer> {
  const staging = device.createBuffer({
    label: 'read-back',
    size: sizeBytes,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, sizeBytes);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const copy = staging.getMappedRange().slice(0);
  staging.destroy();
  return copy;
}

/** Storage buffer holding `data`; `COPY_SRC` so that tests can read it back. */
export function upload(device: GPUDevice, label: string, data: ArrayBufferView<ArrayBuffer>): GPUBuffer {
  const buffer = device.createBuffer({
    label,
    size: Math.max(16, Math.ceil(data.byteLength / 4) * 4),
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(buffer, 0, data.buffer, data.byteOffset, data.byteLength);
  return buffer;
}
