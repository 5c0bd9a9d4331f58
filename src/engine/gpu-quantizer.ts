/**
 * Quantises blocks on the GPU: upload, one dispatch, read-back, a few of them at once so that neither side
 * waits for the other. Gives the bytes of src/convert/quantize-block.ts. A block larger than a slot goes through in pieces.
 */
import type { BlockQuantizer, QuantizeBlock, QuantizedBlock } from '../convert/block-quantizer';
import { AppError } from '../core/errors';
import type { Gpu } from '../gpu/device';
import { PipelineCache } from '../gpu/pipeline-cache';
import { encode } from '../kernels/dispatch';
import {
  BAD_SCALE,
  QUANTIZE_PARAMS_BYTES,
  quantizeGroups,
  quantizeParams,
  quantizeWorkgroups,
} from '../kernels/quantize';
import { DeviceWatch } from './device-watch';
import { GpuMemory } from './gpu-memory';

const GROUP = 32;
const WORDS_PER_GROUP = 4;
const WEIGHT_BYTES: Readonly<Record<string, number>> = { F16: 2, BF16: 2, F32: 4 };
/** Groups per dispatch: 4 MiB of f16. A slot holds 10.6 MB of buffers. */
const PIECE_GROUPS = 1 << 16;
const SLOTS = 3;
/** Inputs of a matrix at most. */
const MOST_WIDTH = 1 << 18;
const OUTPUT_BYTES = PIECE_GROUPS * (WORDS_PER_GROUP + 1) * 4;

interface Slot {
  readonly weights: GPUBuffer;
  readonly importance: GPUBuffer;
  readonly params: GPUBuffer;
  readonly output: GPUBuffer;
  readonly staging: GPUBuffer;
}

/** Takes no ownership of the device. */
export function gpuQuantizer(gpu: Gpu): BlockQuantizer {
  return new GpuQuantizer(gpu);
}

class GpuQuantizer implements BlockQuantizer {
  readonly parallel = SLOTS;
  private readonly memory: GpuMemory;
  private readonly pipelines: PipelineCache;
  private readonly watch: DeviceWatch;
  private readonly free: Slot[] = [];
  private readonly queue: { resolve(slot: Slot): void; reject(error: unknown): void }[] = [];
  private made = 0;
  private isDisposed = false;

  constructor(private readonly gpu: Gpu) {
    this.memory = new GpuMemory(gpu.device);
    this.pipelines = new PipelineCache(gpu.device);
    this.watch = new DeviceWatch(gpu.device);
  }

  /** Throws AppError `device-lost`, `out-of-gpu-memory`, `aborted` (disposed of meanwhile), `internal`. */
  async quantize(block: QuantizeBlock): Promise<QuantizedBlock> {
    const groupBytes = GROUP * WEIGHT_BYTES[block.dtype]!;
    const groups = block.bytes.length / groupBytes;
    const words = new Uint32Array(groups * WORDS_PER_GROUP); // [rows, width / 8]
    const scales = block.scales === 'float16' ? new Uint16Array(groups) : new Float32Array(groups); // [rows, width / 32]
    let badGroup = -1;
    for (let first = 0; first < groups && badGroup < 0; first += PIECE_GROUPS) {
      const count = Math.min(PIECE_GROUPS, groups - first);
      const found = await this.piece(block, first, count);
      words.set(found.subarray(0, count * WORDS_PER_GROUP), first * WORDS_PER_GROUP);
      const bits = found.subarray(count * WORDS_PER_GROUP); // [count] u32
      const bad = bits.indexOf(BAD_SCALE);
      if (bad >= 0) badGroup = first + bad;
      if (scales instanceof Float32Array)
        scales.set(new Float32Array(bits.buffer, bits.byteOffset, count), first);
      else scales.set(bits, first);
    }
    return { words, scales, badGroup };
  }

  dispose(): void {
    this.isDisposed = true;
    for (const { reject } of this.queue.splice(0)) reject(new AppError('aborted'));
    this.memory.destroy();
  }

  /** Words and scales [groups * 5] u32 of `groups` groups from `first` on. */
  private async piece(
    block: QuantizeBlock,
    first: number,
    groups: number,
  ): Promise<Uint32Array<ArrayBuffer>> {
    const slot = await this.take();
    try {
      return await this.watch.guard(this.runIn(slot, block, first, groups));
    } catch (error) {
      // What a destroyed buffer says when the slot was taken away.
      if (this.isDisposed) throw new AppError('aborted', {}, error);
      throw error;
    } finally {
      this.give(slot);
    }
  }

  private async runIn(slot: Slot, block: QuantizeBlock, first: number, groups: number) {
    const { device } = this.gpu;
    const { bytes, dtype, width, scales, rounding, importance } = block;
    const { weights, output, params } = slot;
    const rowGroups = width / GROUP;
    const shape = { groups, firstColumn: first % rowGroups, rowGroups, dtype, scales };
    const groupBytes = GROUP * WEIGHT_BYTES[dtype]!;
    const dispatch = await quantizeGroups(
      { gpu: this.gpu, pipelines: this.pipelines },
      { rounding, weights, output, params, importance: slot.importance },
    );
    this.checkDisposed();
    const isWeighted = rounding === 'search' && importance !== undefined;
    if (isWeighted && importance.length > MOST_WIDTH) {
      throw new AppError('internal', { message: `${importance.length} inputs, ${MOST_WIDTH} at most` });
    }
    device.queue.writeBuffer(params, 0, quantizeParams({ ...shape, isWeighted }));
    device.queue.writeBuffer(weights, 0, bytes, first * groupBytes, groups * groupBytes);
    if (isWeighted) device.queue.writeBuffer(slot.importance, 0, importance);
    const sizeBytes = groups * (WORDS_PER_GROUP + 1) * 4;
    const encoder = device.createCommandEncoder({ label: 'quantize' });
    const pass = encoder.beginComputePass();
    encode(pass, dispatch, quantizeWorkgroups(groups));
    pass.end();
    encoder.copyBufferToBuffer(output, 0, slot.staging, 0, sizeBytes);
    device.queue.submit([encoder.finish()]);
    await slot.staging.mapAsync(GPUMapMode.READ, 0, sizeBytes);
    const found = new Uint32Array(slot.staging.getMappedRange(0, sizeBytes).slice(0));
    slot.staging.unmap();
    return found;
  }

  /** A free slot, made where there are not yet enough; otherwise the next that is given back. */
  private async take(): Promise<Slot> {
    this.watch.check();
    this.checkDisposed();
    const free = this.free.pop();
    if (free) return free;
    if (this.made === SLOTS) return new Promise((resolve, reject) => this.queue.push({ resolve, reject }));
    this.made++;
    try {
      const slot = await this.watch.guard(this.makeSlot());
      this.checkDisposed();
      return slot;
    } catch (error) {
      this.made--;
      // Without a slot nobody would ever give one back.
      if (this.made === 0) for (const { reject } of this.queue.splice(0)) reject(error);
      throw error;
    }
  }

  private give(slot: Slot): void {
    const next = this.queue.shift();
    if (next) next.resolve(slot);
    else this.free.push(slot);
  }

  private checkDisposed(): void {
    if (this.isDisposed) throw new AppError('aborted');
  }

  private async makeSlot(): Promise<Slot> {
    const { STORAGE, UNIFORM, COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
    const create = (label: string, sizeBytes: number, usage: GPUBufferUsageFlags) =>
      this.memory.create(`quantize ${label}`, sizeBytes, usage);
    return {
      weights: await create('weights', PIECE_GROUPS * GROUP * 4, STORAGE | COPY_DST),
      importance: await create('importance', MOST_WIDTH, STORAGE | COPY_DST),
      params: await create('params', QUANTIZE_PARAMS_BYTES, UNIFORM | COPY_DST),
      output: await create('output', OUTPUT_BYTES, STORAGE | COPY_SRC),
      staging: await create('staging', OUTPUT_BYTES, MAP_READ | COPY_DST),
    };
  }
}
