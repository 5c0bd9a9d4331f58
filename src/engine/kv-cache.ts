/**
 * Keys and values of all layers, with the rotation table that reaches as far. Starts small and doubles by
 * copies on the GPU; whoever holds bind groups over its buffers rebuilds them after a growth.
 */
import { AppError } from '../core/errors';
import type { Gpu } from '../gpu/device';
import type { KvBuffers, KvFormat, KvLayer, RopeTable } from '../kernels/types';
import type { Architecture } from '../models/architecture';
import { GpuMemory } from './gpu-memory';
import { ropeTable } from './rope-table';

const FIRST_CAPACITY = 1024;

type Heads = Pick<Architecture, 'kvHeads' | 'headDim'>;

/** Bytes of one head at one position of the parts of a layer's buffer, in their order: values, then scales. */
function partBytes(headDim: number, format: KvFormat): readonly number[] {
  return format === 'f16' ? [headDim * 2] : [headDim, 4];
}

/** Bytes of one position of one layer's keys (or values). */
export function kvRowBytes({ kvHeads, headDim }: Heads, format: KvFormat = 'f16'): number {
  return kvHeads * partBytes(headDim, format).reduce((sum, bytes) => sum + bytes, 0);
}

/** Most positions whose keys of one layer fit one binding. */
export function maxKvPositions(gpu: Gpu, architecture: Architecture, format: KvFormat = 'f16'): number {
  const bytes = Math.min(gpu.maxBindingBytes, gpu.maxBufferBytes);
  const table = architecture.headDim * 4;
  return Math.floor(bytes / Math.max(kvRowBytes(architecture, format), table));
}

interface Contents {
  readonly memory: GpuMemory;
  readonly buffers: KvBuffers;
  readonly rope: RopeTable;
}

export class KvCache {
  private constructor(
    private readonly gpu: Gpu,
    private readonly architecture: Architecture,
    private readonly maxPositions: number,
    private current: Contents,
  ) {}

  /** Throws AppError `out-of-gpu-memory`. */
  static async create(
    gpu: Gpu,
    architecture: Architecture,
    maxPositions: number,
    format: KvFormat = 'f16',
  ): Promise<KvCache> {
    const capacity = Math.min(FIRST_CAPACITY, maxPositions);
    return new KvCache(gpu, architecture, maxPositions, await allocate(gpu, architecture, format, capacity));
  }

  get buffers(): KvBuffers {
    return this.current.buffers;
  }

  get rope(): RopeTable {
    return this.current.rope;
  }

  get bytes(): number {
    return this.current.memory.bytes;
  }

  /**
   * Makes room for `positions`, at most the maximum given at creation, and says whether the buffers changed.
   * Throws AppError `out-of-gpu-memory` and keeps what is there.
   */
  ensure(positions: number): Promise<boolean> {
    return this.grow(positions, this.buffers.capacity);
  }

  /**
   * Takes over the first `positions` positions of another cache of the same model and format; what lay here is
   * lost. Grows first where it must (`buffers` is another object then). Throws AppError `out-of-gpu-memory` and
   * keeps what is there, `internal` when the caches do not match or the source does not reach that far.
   */
  async copyFrom(source: KvCache, positions: number): Promise<void> {
    const { format, capacity } = source.buffers;
    if (
      source.architecture !== this.architecture ||
      format !== this.buffers.format ||
      positions > Math.min(capacity, this.maxPositions)
    )
      throw new AppError('internal', { message: `copy of ${positions} of ${capacity} ${format} positions` });
    await this.grow(positions, 0);
    copyPositions(this.gpu.device, this.architecture, source.buffers, this.buffers, positions);
  }

  destroy(): void {
    this.current.memory.destroy();
  }

  /** Doubles until `positions` fit, and keeps the first `kept` positions. */
  private async grow(positions: number, kept: number): Promise<boolean> {
    const { format, capacity } = this.buffers;
    if (positions <= capacity) return false;
    let wanted = capacity;
    while (wanted < positions) wanted *= 2;
    const next = await allocate(this.gpu, this.architecture, format, Math.min(wanted, this.maxPositions));
    if (kept > 0) copyPositions(this.gpu.device, this.architecture, this.buffers, next.buffers, kept);
    this.current.memory.destroy();
    this.current = next;
    return true;
  }
}

/** Rows 0 .. positions of every head of every layer, to where the head starts at the target's capacity. */
function copyPositions(
  device: GPUDevice,
  { kvHeads, headDim }: Heads,
  from: KvBuffers,
  to: KvBuffers,
  positions: number,
): void {
  const encoder = device.createCommandEncoder({ label: 'kv-copy' });
  const copy = (source: GPUBuffer, target: GPUBuffer) => {
    // One long copy costs less than many short ones, as long as at least half of it counts.
    if (from.capacity === to.capacity && 2 * positions >= from.capacity) {
      encoder.copyBufferToBuffer(source, 0, target, 0, source.size);
      return;
    }
    let [sourceStart, targetStart] = [0, 0];
    for (const rowBytes of partBytes(headDim, from.format)) {
      for (let head = 0; head < kvHeads; head++) {
        encoder.copyBufferToBuffer(source, sourceStart, target, targetStart, positions * rowBytes);
        sourceStart += from.capacity * rowBytes;
        targetStart += to.capacity * rowBytes;
      }
    }
  };
  for (const [index, layer] of from.layers.entries()) {
    copy(layer.k, to.layers[index]!.k);
    copy(layer.v, to.layers[index]!.v);
  }
  device.queue.submit([encoder.finish()]);
}

async function allocate(
  gpu: Gpu,
  architecture: Architecture,
  format: KvFormat,
  capacity: number,
): Promise<Contents> {
  const memory = new GpuMemory(gpu.device);
  const bytes = capacity * kvRowBytes(architecture, format);
  const table = ropeTable(architecture, capacity);
  const { layers, rope } = await memory.createMany((create) => {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    return {
      layers: Array.from({ length: architecture.layers }, (_, layer): KvLayer => {
        return { k: create(`k-cache ${layer}`, bytes, usage), v: create(`v-cache ${layer}`, bytes, usage) };
      }),
      rope: create('rope', table.byteLength, usage),
    };
  });
  gpu.device.queue.writeBuffer(rope, 0, table);
  return { memory, buffers: { format, capacity, layers }, rope };
}
