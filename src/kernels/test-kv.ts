/** Caches of both formats for the attention tests: what is stored, and the values it stands for. */

import { fromHalf, toHalf } from '../core/half';
import type { Gpu } from '../gpu/device';
import { upload } from '../gpu/test-gpu';
import { int8Row } from './cpu/attention';
import { normal } from './test-kernels';
import type { KvFormat, KvLayer } from './types';

/** A half that is no number: what lies in the cache where nothing was written, so that reading it shows. */
const NAN_HALF = 0x7e00;
const NAN_BITS = 0x7fc00000;

interface Shape {
  readonly kvHeads: number;
  readonly headDim: number;
}

/**
 * Keys or values [kvHeads, capacity, headDim] of a normal distribution, of which the first `positions` of each head
 * are there; the rest reads as NaN in both formats.
 */
export function testTensor(
  gpu: Gpu,
  format: KvFormat,
  { kvHeads, headDim }: Shape,
  capacity: number,
  positions: number,
  seed: number,
): { buffer: GPUBuffer; values: Float64Array } {
  const raw = normal(seed, kvHeads * capacity * headDim);
  const isThere = (row: number) => row % capacity < positions;
  if (format === 'f16') {
    const bits = Uint16Array.from(raw, (value, i) =>
      isThere(Math.floor(i / headDim)) ? toHalf(value) : NAN_HALF,
    );
    return { buffer: upload(gpu.device, 'cache', bits), values: Float64Array.from(bits, fromHalf) };
  }
  const rows = kvHeads * capacity;
  const bytes = new Int8Array(rows * (headDim + 4)).fill(77);
  const scales = new Float32Array(bytes.buffer, rows * headDim, rows);
  const values = new Float64Array(rows * headDim);
  for (let row = 0; row < rows; row++) {
    const { codes, scale } = int8Row(raw.subarray(row * headDim, (row + 1) * headDim));
    scales[row] = isThere(row) ? scale : Number.NaN;
    if (isThere(row)) bytes.set(codes, row * headDim);
    for (let d = 0; d < headDim; d++) values[row * headDim + d] = codes[d]! * scales[row]!;
  }
  return { buffer: upload(gpu.device, 'cache', bytes), values };
}

/** An empty layer of a cache, all of it NaN. */
export function emptyLayer(
  gpu: Gpu,
  format: KvFormat,
  { kvHeads, headDim }: Shape,
  capacity: number,
): KvLayer {
  const rows = kvHeads * capacity;
  const words =
    format === 'f16'
      ? new Uint32Array((rows * headDim) / 2).fill(NAN_HALF * 0x10001)
      : new Uint32Array(rows * (headDim / 4 + 1)).fill(NAN_BITS);
  return { k: upload(gpu.device, 'k', words), v: upload(gpu.device, 'v', words) };
}

/** What a stored tensor stands for: [kvHeads, capacity, headDim], NaN where nothing was written. */
export function storedValues(
  format: KvFormat,
  bytes: ArrayBuffer,
  { kvHeads, headDim }: Shape,
  capacity: number,
): Float64Array {
  const rows = kvHeads * capacity;
  if (format === 'f16') return Float64Array.from(new Uint16Array(bytes, 0, rows * headDim), fromHalf);
  const codes = new Int8Array(bytes, 0, rows * headDim);
  const scales = new Float32Array(bytes, rows * headDim, rows);
  return Float64Array.from(codes, (code, i) => code * scales[Math.floor(i / headDim)]!);
}
