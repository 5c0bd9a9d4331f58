/**
 * Keys and values of all layers, with the rotation table that reaches as far. Starts small and doubles by
 * copies on the GPU; whoever holds bind groups over its buffers rebuilds them after a growth.
 */
import type { Gpu } from '../gpu/device';
import type { KvBuffers, KvLayer, RopeTable } from '../kernels/types';
import type { Architecture } from '../models/architecture';
import { GpuMemory } from './gpu-memory';
import { ropeTable } from './rope-table';

const FIRST_CAPACITY = 1024;

/** Bytes of one position of one layer's keys (or values). */
export function kvRowBytes(architecture: Architecture): number {
  return architecture.kvHeads * architecture.headDim * 2;
}

/** Most positions whose keys of one layer fit one binding. */
export function maxKvPositions(gpu: Gpu, architecture: Architecture): number {
  const bytes = Math.min(gpu.maxBindingBytes, gpu.maxBufferBytes);
  const table = architecture.headDim * 4;
  return Math.floor(bytes / Math.max(kvRowBytes(architecture), table));
}

export class KvCache {
  private memory: GpuMemory;
  private current: { buffers: KvBuffers; rope: RopeTable };

  private constructor(
    private readonly gpu: Gpu,
    private readonly architecture: Architecture,
    private readonly maxPositions: number,
    first: { memory: GpuMemory; buffers: KvBuffers; rope: RopeTable },
  ) {
    this.memory = first.memory;
    this.current = first;
  }

  /** Throws AppError `out-of-gpu-memory`. */
  static async create(gpu: Gpu, architecture: Architecture, maxPositions: number): Promise<KvCache> {
    const first = await allocate(gpu, architecture, Math.min(FIRST_CAPACITY, maxPositions));
    return new KvCache(gpu, architecture, maxPositions, first);
  }

  get buffers(): KvBuffers {
    return this.current.buffers;
  }

  get rope(): RopeTable {
    return this.current.rope;
  }

  get bytes(): number {
    return this.memory.bytes;
  }

  /**
   * Makes room for `positions`, at most the maximum given at creation, and says whether the buffers changed.
   * Throws AppError `out-of-gpu-memory` and keeps what is there.
   */
  async ensure(positions: number): Promise<boolean> {
    const { capacity } = this.buffers;
    if (positions <= capacity) return false;
    let wanted = capacity;
    while (wanted < positions) wanted *= 2;
    const next = await allocate(this.gpu, this.architecture, Math.min(wanted, this.maxPositions));
    this.copyTo(next.buffers);
    this.memory.destroy();
    this.memory = next.memory;
    this.current = next;
    return true;
  }

  destroy(): void {
    this.memory.destroy();
  }

  /** Each KV head's rows move to where they start at the new capacity. */
  private copyTo(target: KvBuffers): void {
    const { kvHeads, headDim } = this.architecture;
    const rowBytes = headDim * 2;
    const from = this.buffers;
    const encoder = this.gpu.device.createCommandEncoder({ label: 'kv-grow' });
    from.layers.forEach((layer, index) => {
      const to = target.layers[index]!;
      for (let head = 0; head < kvHeads; head++) {
        const source = head * from.capacity * rowBytes;
        const destination = head * target.capacity * rowBytes;
        const bytes = from.capacity * rowBytes;
        encoder.copyBufferToBuffer(layer.k, source, to.k, destination, bytes);
        encoder.copyBufferToBuffer(layer.v, source, to.v, destination, bytes);
      }
    });
    this.gpu.device.queue.submit([encoder.finish()]);
  }
}

async function allocate(
  gpu: Gpu,
  architecture: Architecture,
  capacity: number,
): Promise<{ memory: GpuMemory; buffers: KvBuffers; rope: RopeTable }> {
  const memory = new GpuMemory(gpu.device);
  try {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const bytes = capacity * kvRowBytes(architecture);
    const neededBytes = 2 * architecture.layers * bytes;
    const layers: KvLayer[] = [];
    for (let layer = 0; layer < architecture.layers; layer++) {
      layers.push({
        k: await memory.create(`k-cache ${layer}`, bytes, usage, neededBytes),
        v: await memory.create(`v-cache ${layer}`, bytes, usage, neededBytes),
      });
    }
    const table = ropeTable(architecture, capacity);
    const rope = await memory.create('rope', table.byteLength, usage, neededBytes);
    gpu.device.queue.writeBuffer(rope, 0, table);
    return { memory, buffers: { format: 'f16', capacity, layers }, rope };
  } catch (error) {
    memory.destroy();
    throw error;
  }
}
