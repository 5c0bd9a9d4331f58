/** What the adapter's memory gives: a shader that only reads, over more data than any cache holds, and a copy. */
import { AppError } from '../core/errors';
import { median } from '../core/statistics';
import { GpuMemory } from '../engine/gpu-memory';
import type { Gpu } from '../gpu/device';
import { type Encode, GpuClock } from '../gpu/gpu-clock';
import { PipelineCache } from '../gpu/pipeline-cache';
import { poolBytesFor } from './config';
import type { BandwidthResult } from './types';

const BUFFER_BYTES = 128 << 20;
const FILL_BYTES = 16 << 20;
const GRIDS = [256, 1024, 4096, 16384];
/** `WG` of shaders/ops/read_probe.wgsl. */
const WORKGROUP = 256;

export interface BandwidthOptions {
  readonly rounds: number;
  /** Per grid. */
  readonly budgetMs: number;
  /** Distinct data; by default what the kind of adapter calls for. */
  readonly poolBytes?: number;
  readonly signal?: AbortSignal;
}

/** Takes less memory where less is to be had. Throws AppError `aborted`, `out-of-gpu-memory`, `device-lost`. */
export async function measureBandwidth(gpu: Gpu, options: BandwidthOptions): Promise<BandwidthResult> {
  const memory = new GpuMemory(gpu.device);
  const clock = await GpuClock.create(gpu);
  try {
    const wanted = options.poolBytes ?? poolBytesFor(gpu);
    const pool = await createPool(gpu, memory, wanted);
    const poolBytes = pool.reduce((bytes, buffer) => bytes + buffer.size, 0);
    const probe = await createProbe(gpu, memory, pool);
    const grids: { workgroups: number; readBytesPerSecond: number }[] = [];
    for (const workgroups of GRIDS) {
      if (options.signal?.aborted) throw new AppError('aborted');
      const ms = await clock.once(probe(workgroups), options.rounds, options.budgetMs);
      grids.push({ workgroups, readBytesPerSecond: (poolBytes / ms) * 1000 });
    }
    const best = grids.reduce((a, b) => (b.readBytesPerSecond > a.readBytesPerSecond ? b : a));
    return {
      poolBytes,
      readBytesPerSecond: best.readBytesPerSecond,
      readWorkgroups: best.workgroups,
      copyBytesPerSecond: await copyBandwidth(gpu.device, pool, options),
      grids,
      clock: clock.kind,
    };
  } finally {
    clock.destroy();
    memory.destroy();
  }
}

/** Buffers filled with numbers that no hardware packs smaller; at least two, so that one can be copied to another. */
async function createPool(gpu: Gpu, memory: GpuMemory, poolBytes: number): Promise<GPUBuffer[]> {
  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
  const size = Math.min(BUFFER_BYTES, gpu.maxBindingBytes, gpu.maxBufferBytes, poolBytes / 2);
  const block = Uint32Array.from({ length: Math.min(FILL_BYTES, size) / 4 }, (_, i) =>
    Math.imul(i ^ (i >>> 7), 2654435761),
  );
  const pool: GPUBuffer[] = [];
  while (pool.length * size < poolBytes) {
    try {
      pool.push(await memory.create('read probe', size, STORAGE | COPY_SRC | COPY_DST));
    } catch (error) {
      if (pool.length < 2 || AppError.from(error).code !== 'out-of-gpu-memory') throw error;
      break;
    }
  }
  for (const buffer of pool) {
    for (let at = 0; at < buffer.size; at += block.byteLength) {
      const words = Math.min(block.length, (buffer.size - at) / 4);
      gpu.device.queue.writeBuffer(buffer, at, block, 0, words);
    }
    await gpu.device.queue.onSubmittedWorkDone();
  }
  return pool;
}

/** Reads the whole pool once, buffer by buffer, with as many workgroups as asked for. */
async function createProbe(
  gpu: Gpu,
  memory: GpuMemory,
  pool: readonly GPUBuffer[],
): Promise<(workgroups: number) => Encode> {
  const pipeline = await new PipelineCache(gpu.device).get({
    op: 'read_probe',
    constants: { WG: WORKGROUP },
  });
  const seen = await memory.create('read probe result', 16, GPUBufferUsage.STORAGE);
  const bindGroups = pool.map((data) =>
    gpu.device.createBindGroup({
      label: 'read probe',
      layout: pipeline.getBindGroupLayout(0),
      entries: [
        { binding: 0, resource: { buffer: data } },
        { binding: 1, resource: { buffer: seen } },
      ],
    }),
  );
  return (workgroups) => (pass) => {
    pass.setPipeline(pipeline);
    for (const bindGroup of bindGroups) {
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(workgroups);
    }
  };
}

/** Read plus written bytes per second of copies between the buffers of the pool. */
async function copyBandwidth(
  device: GPUDevice,
  pool: readonly GPUBuffer[],
  { rounds, budgetMs }: BandwidthOptions,
): Promise<number> {
  const copy = async (repeats: number): Promise<number> => {
    const encoder = device.createCommandEncoder({ label: 'bench copy' });
    let bytes = 0;
    for (let i = 0; i < repeats; i++) {
      const from = pool[i % pool.length]!;
      encoder.copyBufferToBuffer(from, 0, pool[(i + 1) % pool.length]!, 0, from.size);
      bytes += 2 * from.size;
    }
    const startedAt = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return (bytes / Math.max(performance.now() - startedAt, 0.001)) * 1000;
  };
  const startedAt = performance.now();
  await copy(1);
  // Several copies per submit, so that waking up weighs little.
  const repeats = performance.now() - startedAt < 20 ? 16 : 1;
  const speeds: number[] = [];
  do speeds.push(await copy(repeats));
  while (speeds.length < rounds && performance.now() - startedAt < budgetMs);
  return median(speeds);
}
