import { AppError } from '../core/errors';

/**
 * GPU buffers that live and die together. Creation waits for the device's word, because WebGPU reports a
 * full memory only through an error scope.
 */
export class GpuMemory {
  private readonly buffers = new Set<GPUBuffer>();
  private held = 0;

  constructor(private readonly device: GPUDevice) {}

  get bytes(): number {
    return this.held;
  }

  /**
   * `sizeBytes` is rounded up to whole u32. Throws AppError `out-of-gpu-memory` {neededBytes}, by default the
   * size of this buffer, otherwise what the caller knows to be needed altogether.
   */
  async create(
    label: string,
    sizeBytes: number,
    usage: GPUBufferUsageFlags,
    neededBytes = sizeBytes,
  ): Promise<GPUBuffer> {
    const size = Math.max(16, Math.ceil(sizeBytes / 4) * 4);
    this.device.pushErrorScope('out-of-memory');
    const buffer = this.device.createBuffer({ label, size, usage });
    const error = await this.device.popErrorScope();
    if (error) {
      buffer.destroy();
      throw new AppError('out-of-gpu-memory', { neededBytes, buffer: label }, error);
    }
    this.buffers.add(buffer);
    this.held += size;
    return buffer;
  }

  free(buffer: GPUBuffer): void {
    if (!this.buffers.delete(buffer)) return;
    this.held -= buffer.size;
    buffer.destroy();
  }

  destroy(): void {
    for (const buffer of this.buffers) buffer.destroy();
    this.buffers.clear();
    this.held = 0;
  }
}
