/** Random data, poisoned buffers and comparisons for the kernel tests. */
import { expect } from 'vitest';
import { fromHalf, toHalf } from '../core/half';
import type { Gpu } from '../gpu/device';
import { PipelineCache } from '../gpu/pipeline-cache';
import { readBuffer, testGpu, upload } from '../gpu/test-gpu';
import { decodeTuning } from './decode-tuning';
import { type Dispatch, encode, type KernelContext } from './dispatch';
import { rowBytes } from './matrix';
import { type Matrix, type MatrixSlice, STATE, type WeightFormat } from './types';

export const FORMATS: readonly WeightFormat[] = ['q4f16', 'q4f32', 'f16', 'f32'];

/** mulberry32: uniform numbers in [0, 1) that a failing test can repeat. */
export function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `count` numbers of a normal distribution, rounded to f32. */
export function normal(seed: number, count: number, scale = 1): Float32Array<ArrayBuffer> {
  const next = random(seed);
  return Float32Array.from(
    { length: count },
    () => scale * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  );
}

/** Halves as stored (two per u32 in memory order) and the values they stand for. */
export function halves(values: ArrayLike<number>): { bits: Uint16Array<ArrayBuffer>; values: Float64Array } {
  const bits = Uint16Array.from(values, toHalf);
  return { bits, values: Float64Array.from(bits, fromHalf) };
}

const contexts = new Map<Gpu, KernelContext>();

/** Kernel context on the test adapter, with or without its subgroups. */
export async function kernelContext(subgroups: boolean): Promise<KernelContext> {
  const gpu = await testGpu({ subgroups });
  let context = contexts.get(gpu);
  if (!context) {
    context = { gpu, pipelines: new PipelineCache(gpu.device), tuning: decodeTuning(gpu) };
    contexts.set(gpu, context);
  }
  return context;
}

/** A value no kernel computes; outputs start as this, and what lies behind them must stay it. */
export const POISON = -1.2345678e30;
const GUARD = 16;

/** f32 [count] of poison with a guard behind it. */
export function poisoned(gpu: Gpu, label: string, count: number): GPUBuffer {
  return upload(gpu.device, label, new Float32Array(count + GUARD).fill(POISON));
}

/** First `count` values; fails when the guard behind them was written to. */
export async function readGuarded(gpu: Gpu, buffer: GPUBuffer, count: number): Promise<Float32Array> {
  const all = new Float32Array(await readBuffer(gpu.device, buffer));
  expect([...all.slice(count)], `${buffer.label}: written past its end`).toEqual(
    new Array(all.length - count).fill(Math.fround(POISON)),
  );
  return all.slice(0, count);
}

/** State buffer with a token at a position. */
export function stateBuffer(gpu: Gpu, token: number, position: number): GPUBuffer {
  const { STORAGE, UNIFORM, COPY_DST, COPY_SRC } = GPUBufferUsage;
  const buffer = gpu.device.createBuffer({
    label: 'state',
    size: STATE.sizeBytes,
    usage: STORAGE | UNIFORM | COPY_DST | COPY_SRC,
  });
  gpu.device.queue.writeBuffer(buffer, 0, Uint32Array.of(token, position, 0, 0));
  return buffer;
}

/** Submits everything in one pass. */
export function submit(gpu: Gpu, run: (pass: GPUComputePassEncoder) => void): void {
  const encoder = gpu.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  run(pass);
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);
}

export function submitAll(gpu: Gpu, dispatches: readonly Dispatch[]): void {
  submit(gpu, (pass) => {
    for (const dispatch of dispatches) encode(pass, dispatch);
  });
}

/** Random matrix on the GPU, cut at the given rows, and its values [rows, cols] in float64. */
export function randomMatrix(
  gpu: Gpu,
  format: WeightFormat,
  rows: number,
  cols: number,
  seed: number,
  cuts: readonly number[] = [],
): { matrix: Matrix; values: Float64Array } {
  const { data, scales, values } = randomWeights(format, rows, cols, seed);
  const bytes = rowBytes(format, cols);
  const bounds = [0, ...cuts, rows];
  const slices: MatrixSlice[] = bounds.slice(0, -1).map((start, index) => {
    const end = bounds[index + 1]!;
    const part = (source: Uint8Array<ArrayBuffer>, each: number) => {
      const bytes = new Uint8Array(Math.ceil(((end - start) * each) / 4) * 4);
      bytes.set(source.subarray(start * each, end * each));
      return upload(gpu.device, 'weights', bytes);
    };
    return {
      rowStart: start,
      rows: end - start,
      data: part(data, bytes.data),
      scales: scales ? part(scales, bytes.scales) : undefined,
    };
  });
  return { matrix: { format, rows, cols, slices }, values };
}

function randomWeights(format: WeightFormat, rows: number, cols: number, seed: number) {
  const bytesOf = (array: ArrayBufferView<ArrayBuffer>) => new Uint8Array(array.buffer);
  const count = rows * cols;
  if (format === 'f32') {
    const stored = normal(seed, count, 0.1);
    return { data: bytesOf(stored), scales: undefined, values: Float64Array.from(stored) };
  }
  if (format === 'f16') {
    const { bits, values } = halves(normal(seed, count, 0.1));
    return { data: bytesOf(bits), scales: undefined, values };
  }
  const next = random(seed);
  const codes = Uint32Array.from({ length: count / 8 }, () => next() * 4294967296);
  // All 16 codes, and scales of both signs: the converter's search writes them.
  const factors = Float32Array.from(
    { length: count / 32 },
    () => (0.002 + 0.02 * next()) * (next() < 0.5 ? -1 : 1),
  );
  const stored = format === 'q4f16' ? halves(factors) : { bits: factors, values: Float64Array.from(factors) };
  const values = Float64Array.from(
    { length: count },
    (_, i) => (((codes[i >> 3]! >>> (4 * (i & 7))) & 15) - 7) * stored.values[i >> 5]!,
  );
  return { data: bytesOf(codes), scales: bytesOf(stored.bits), values };
}

/** Largest difference, relative to the root mean square of what is expected. */
export function worstError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let square = 0;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    square += expected[i]! ** 2;
    const difference = Math.abs(found[i]! - expected[i]!);
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
  }
  return worst / Math.sqrt(square / expected.length);
}
