/**
 * Buffers on the GPU with an owner: what is made together is there or not as a whole, is counted, and goes at once,
 * also when its owner goes while it is still being made. Weights, caches and scratch of a model live in these.
 */
import { AppError } from '../core/errors';

/** Makes one buffer; `sizeBytes` is rounded up to whole u32. */
export type CreateBuffer = (label: string, sizeBytes: number, usage: GPUBufferUsageFlags) => GPUBuffer;

/**
 * GPU buffers that live and die together. Creation waits for the device's word, because WebGPU reports a
 * full memory only through an error scope.
 */
export class GpuMemory {
  private readonly buffers = new Set<GPUBuffer>();
  private readonly parts: GpuMemory[] = [];
  private held = 0;
  private isDestroyed = false;

  constructor(private readonly device: GPUDevice) {}

  get bytes(): number {
    return this.parts.reduce((sum, part) => sum + part.bytes, this.held);
  }

  /** Memory that can be freed by itself, counts here, and goes with the whole. */
  part(): GpuMemory {
    const part = new GpuMemory(this.device);
    if (this.isDestroyed) part.destroy();
    this.parts.push(part);
    return part;
  }

  /** Throws AppError `out-of-gpu-memory` {neededBytes: the size of this buffer}, `aborted` as `createMany`. */
  create(label: string, sizeBytes: number, usage: GPUBufferUsageFlags): Promise<GPUBuffer> {
    return this.createMany((create) => create(label, sizeBytes, usage));
  }

  /**
   * Whatever `make` builds of new buffers. The device is asked once for all of them, since each question is a round
   * trip; so `make` must not wait for anything. Throws AppError `out-of-gpu-memory` {neededBytes}, what `make` throws,
   * and `aborted` where the memory was destroyed before they were there; none of the buffers stays then.
   */
  async createMany<T>(make: (create: CreateBuffer) => T): Promise<T> {
    const made: GPUBuffer[] = [];
    const create: CreateBuffer = (label, sizeBytes, usage) => {
      const size = Math.max(16, Math.ceil(sizeBytes / 4) * 4);
      const buffer = this.device.createBuffer({ label, size, usage });
      made.push(buffer);
      return buffer;
    };
    let result: T | undefined;
    let failure: unknown;
    this.device.pushErrorScope('out-of-memory');
    try {
      result = make(create);
    } catch (error) {
      failure = error;
    }
    // Called before anything else can run, so that scopes of others cannot get in between.
    const full = await this.device.popErrorScope();
    if (full || failure !== undefined || this.isDestroyed) {
      for (const buffer of made) buffer.destroy();
      if (failure !== undefined) throw failure;
      if (this.isDestroyed) throw new AppError('aborted');
      throw new AppError(
        'out-of-gpu-memory',
        { neededBytes: sizeOf(made), buffer: made[0]?.label ?? '' },
        full,
      );
    }
    for (const buffer of made) this.buffers.add(buffer);
    this.held += sizeOf(made);
    return result as T;
  }

  /** For good: what is still being made goes as soon as it is there. */
  destroy(): void {
    this.isDestroyed = true;
    for (const buffer of this.buffers) buffer.destroy();
    this.buffers.clear();
    this.held = 0;
    for (const part of this.parts) part.destroy();
  }
}

function sizeOf(buffers: readonly GPUBuffer[]): number {
  return buffers.reduce((sum, { size }) => sum + size, 0);
}
