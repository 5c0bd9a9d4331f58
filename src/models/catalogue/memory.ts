/**
 * What a model takes: as a package on disk, and on the GPU at a given context. The page and the command line ask
 * before anything is downloaded. The numbers follow the engine's own allocations (src/engine: weights.ts,
 * kv-cache.ts, decode.ts, src/kernels: prefill-pass.ts, sampler.ts), and a test compares them with what a loaded
 * model reports. Keys and values are 16 bits on every adapter; an adapter without f16 needs no more memory.
 */
import type { Architecture, Quantization } from '../architecture';
import {
  type LogicalTensor,
  logicalTensors,
  requiredTensors,
  storedSpecs,
  type TensorSpec,
} from '../tensor-plan';
import type { Shape } from './shapes';

export interface MemoryNeeded {
  readonly architecture: Architecture;
  /** Positions of the cache that the numbers are for. */
  readonly contextTokens: number;
  readonly weightsBytes: number;
  /** Keys, values and the rotation table. */
  readonly kvBytes: number;
  readonly scratchBytes: number;
  /** The largest buffer, matrices uncut; the engine cuts them where an adapter binds less. */
  readonly largestBufferBytes: number;
  readonly totalBytes: number;
  /** For a moment more than `totalBytes`: the cache grows by doubling, and the old one is copied from. */
  readonly growthBytes: number;
}

const DTYPE_BYTES = { uint32: 4, float16: 2, float32: 4 } as const;
/** Positions that a cache begins with. */
export const FIRST_CAPACITY = 1024;
/** Tokens of a prefill chunk. */
const CHUNK = 512;
/** Tokens that the kernels for a few columns take at most. */
const COLUMNS = 8;
/** Pieces into which the attention of one head is split at most, and the finest rows of the norms' sums. */
const SPLITS = 64;
const ROWS = 4;
/** Of the sampler, apart from what grows with the vocabulary; and read-backs, state, chunk header. */
const FIXED_BYTES = 64 * 16 + 3 * 1024 * 4 + 48 + 64 * 4 + 4 * 16 + 16 + 16;

/** Bytes of the weights in a package: the sum of its tensors, exactly. */
export function packageBytes(shape: Shape, quantization: Quantization): number {
  return sum(requiredTensors({ ...shape, quantization }).map(tensorBytes));
}

/** What the engine allocates for `contextTokens` positions once all of them are used. @param splits a GPU's by default. */
export function memoryNeeded(
  shape: Shape,
  quantization: Quantization,
  contextTokens: number,
  splits = SPLITS,
): MemoryNeeded {
  const architecture: Architecture = { ...shape, quantization };
  const weights = logicalTensors(architecture).map((tensor) => gpuTensorBytes(tensor, quantization));
  const scratch = scratchBuffers(architecture, contextTokens, splits);
  const weightsBytes = sum(weights.flat());
  const kvBytes = cacheBytes(architecture, contextTokens);
  const scratchBytes = sum(scratch) + FIXED_BYTES;
  return {
    architecture,
    contextTokens,
    weightsBytes,
    kvBytes,
    scratchBytes,
    largestBufferBytes: Math.max(...weights.flat(), ...scratch, contextTokens * positionBytes(architecture)),
    totalBytes: weightsBytes + kvBytes + scratchBytes,
    growthBytes: cacheBytes(architecture, capacityBefore(contextTokens)),
  };
}

/** Bytes of one position in the widest buffer of the cache: one layer's keys, or the rotation table. */
export function positionBytes({ kvHeads, headDim }: Architecture): number {
  return Math.max(kvHeads * headDim * 2, headDim * 4);
}

function cacheBytes({ layers, kvHeads, headDim }: Architecture, positions: number): number {
  return positions * (2 * layers * kvHeads * headDim * 2 + headDim * 4);
}

/** Capacity of the cache before its last growth; 0 when it never grows. */
function capacityBefore(positions: number): number {
  if (positions <= FIRST_CAPACITY) return 0;
  let capacity = FIRST_CAPACITY;
  while (capacity * 2 < positions) capacity *= 2;
  return capacity;
}

/** Buffers of one tensor on the GPU: as stored, but norms are widened to f32. */
function gpuTensorBytes(tensor: LogicalTensor, quantization: Quantization): number[] {
  if (tensor.shape.length === 1) return [tensor.shape[0] * 4];
  return storedSpecs(tensor, quantization).map(tensorBytes);
}

/** Everything else that grows with the model: logits, one token's and one chunk's activations, the sampler. */
function scratchBuffers(a: Architecture, contextTokens: number, splits: number): number[] {
  const query = a.heads * a.headDim;
  const chunk = Math.min(CHUNK, contextTokens);
  const normed = Math.max(a.hidden, query);
  const wide = Math.max((a.heads + 2 * a.kvHeads) * a.headDim, 2 * a.intermediate);
  const mixed = Math.max(query, a.intermediate);
  const logits = [a.vocab];
  const oneToken = [a.hidden, a.hidden, a.hidden / ROWS, query, query, a.intermediate];
  // In 8 bits where that is chosen: 12 words for 32 columns; made in any case. Then a token's keys and values.
  const more = [(Math.max(mixed, normed) / 32) * 12, 2 * a.kvHeads * a.headDim];
  const rows = [1, COLUMNS].map((tokens) => tokens * a.heads * splits);
  const attention = rows.flatMap((count) => [count * a.headDim, count * 2]);
  const columnLogits = [COLUMNS * Math.ceil(a.vocab / 64) * 64];
  const prefill = [chunk * a.hidden, chunk * normed, chunk * wide, chunk * mixed, a.hidden, chunk];
  const sampler = [Math.ceil(a.vocab / 4) * 4, a.vocab * 2];
  return [...logits, ...columnLogits, ...oneToken, ...more, ...attention, ...prefill, ...sampler].map(
    (floats) => floats * 4,
  );
}

function tensorBytes({ shape, dtype }: TensorSpec): number {
  return shape.reduce((product, size) => product * size, 1) * DTYPE_BYTES[dtype];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
