/** What the measured shapes are and what a token must read of them. Pure arithmetic. */
import { rowBytes } from '../kernels/matrix';
import type { Architecture } from '../models/architecture';
import { AQUILA_7B, AQUILA2_34B, ZIYA_13B } from '../models/catalogue/shapes';
import type { BenchKernel, BenchShape } from './types';

/** public/models/aerie-mini: where even a processor that plays the GPU measures all of a model. */
const AERIE_MINI = {
  layers: 4,
  hidden: 192,
  heads: 3,
  kvHeads: 1,
  headDim: 64,
  intermediate: 512,
  vocab: 3584,
  normEps: 1e-5,
  ropeTheta: 10_000,
  ropeFactor: 1,
  tiedEmbedding: false,
  contextLength: 1024,
} as const;

const SHAPES = {
  'aerie-mini': AERIE_MINI,
  'aquila-7b': AQUILA_7B,
  'ziya-13b': ZIYA_13B,
  'aquila2-34b': AQUILA2_34B,
} as const;

/** A published shape in 4 bits, with another number of layers where one is given. */
export function benchArchitecture(shape: BenchShape, layers?: number): Architecture {
  const whole: Architecture = { ...SHAPES[shape], quantization: 'q4f16_1' };
  return layers === undefined ? whole : { ...whole, layers: Math.min(layers, whole.layers) };
}

/** Bytes of keys and values of one position in one layer: f16, or int8 with an f32 scale per head. */
export function kvPositionBytes({ kvHeads, headDim }: Architecture, isInt8: boolean): number {
  return 2 * kvHeads * (isInt8 ? headDim + 4 : headDim * 2);
}

/** Bytes that one execution of a kernel must read: its weights, the cache, or the logits. */
export function kernelReadBytes(
  kernel: BenchKernel,
  a: Architecture,
  kv: { readonly positions: number; readonly isInt8: boolean },
): number {
  const matrix = (rows: number, cols: number): number => {
    const { data, scales } = rowBytes('q4f16', cols);
    return rows * (data + scales);
  };
  switch (kernel) {
    case 'qkv':
      return matrix((a.heads + 2 * a.kvHeads) * a.headDim, a.hidden);
    case 'attention':
      return kv.positions * kvPositionBytes(a, kv.isInt8);
    case 'output':
      return matrix(a.hidden, a.heads * a.headDim);
    case 'gateUp':
      return matrix(2 * a.intermediate, a.hidden);
    case 'down':
      return matrix(a.hidden, a.intermediate);
    case 'head':
      return matrix(a.vocab, a.hidden);
    case 'sampler':
      return a.vocab * 4;
  }
}

/** Weights that a token reads: all but the embedding, of which it is one row. */
export function weightBytesPerToken(a: Architecture): number {
  const kv = { positions: 0, isInt8: false };
  const bytes = (kernel: BenchKernel) => kernelReadBytes(kernel, a, kv);
  const layer = bytes('qkv') + bytes('output') + bytes('gateUp') + bytes('down');
  return a.layers * layer + bytes('head');
}

/** Weights and cache that a token at `positions` reads. */
export function readBytesPerToken(a: Architecture, positions: number, isInt8Kv: boolean): number {
  return weightBytesPerToken(a) + a.layers * positions * kvPositionBytes(a, isInt8Kv);
}
