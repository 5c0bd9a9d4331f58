/**
 * A model of a true shape with random weights, never held as a whole: every tensor is a stretch of one random block,
 * repeated. Codes take all 16 values, and scales have both signs, so that weights have mean 0 and a deviation near
 * that of trained ones: activations stay of ordinary size through any number of layers.
 */
import { AppError } from '../core/errors';
import { toHalf } from '../core/half';
import type { Architecture } from '../models/architecture';
import type { ModelPackage } from '../models/package';
import { requiredTensors, type TensorSpec } from '../models/tensor-plan';

/** Block lengths are odd multiples of the words and halves in them, so that rows do not repeat in step. */
const CODE_WORDS = (4 << 20) - 3;
const SCALES = (1 << 20) - 3;
/** Deviation of (code - 7) over all 16 codes: sqrt(21.5). */
const CODE_DEVIATION = 4.637;
const WEIGHT_DEVIATION = 0.02;
const SEED = 20231;

interface Blocks {
  readonly codes: Uint8Array; // [CODE_WORDS] u32
  readonly scales: Uint8Array; // [SCALES] f16
}

/** Throws from `readTensor` as a stored package does: `tensor-missing`. Its `files` hold nothing. */
export function syntheticPackage(architecture: Architecture): ModelPackage {
  if (architecture.quantization !== 'q4f16_1') {
    throw new AppError('internal', { message: 'synthetic weights are q4f16_1' });
  }
  const blocks = randomBlocks();
  const specs = new Map(requiredTensors(architecture).map((spec) => [spec.name, spec]));
  const noFile = () => {
    throw new AppError('internal', { message: 'synthetic weights have no files' });
  };
  return {
    architecture,
    chatConfig: {},
    manifest: { shards: [], tensors: new Map() },
    manifestName: 'tensor-cache.json',
    unknownTensors: [],
    files: { list: async () => [], read: noFile, readRange: noFile },
    tensors: new Map(
      [...specs.values()].map(({ name, shape, dtype }) => [
        name,
        { dtype, shape, shard: '', byteOffset: 0, sizeBytes: sizeOf({ shape, dtype }), format: 'raw' },
      ]),
    ),
    async readTensor(name, rowStart = 0, rowEnd) {
      const spec = specs.get(name);
      if (!spec) throw new AppError('tensor-missing', { tensor: name });
      const rowBytes = sizeOf(spec) / spec.shape[0]!;
      const bytes = new Uint8Array(((rowEnd ?? spec.shape[0]!) - rowStart) * rowBytes);
      if (spec.shape.length === 1) return ones(bytes);
      const block = spec.dtype === 'uint32' ? blocks.codes : blocks.scales;
      repeat(bytes, block, hash(name) + rowStart * rowBytes);
      return bytes;
    },
  };
}

function sizeOf({ shape, dtype }: Pick<TensorSpec, 'shape' | 'dtype'>): number {
  return shape.reduce((product, size) => product * size, 1) * (dtype === 'float16' ? 2 : 4);
}

/** f16 [hidden] of ones, for norms. */
function ones(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  new Uint16Array(bytes.buffer).fill(toHalf(1));
  return bytes;
}

/** Fills `target` with `block` over and over, from `start` on; `start` is taken down to a multiple of 4. */
function repeat(target: Uint8Array, block: Uint8Array, start: number): void {
  let from = (start - (start % 4)) % block.length;
  for (let at = 0; at < target.length; ) {
    const length = Math.min(target.length - at, block.length - from);
    target.set(block.subarray(from, from + length), at);
    at += length;
    from = 0;
  }
}

function randomBlocks(): Blocks {
  const next = generator(SEED);
  const codes = new Uint32Array(CODE_WORDS);
  for (let i = 0; i < codes.length; i++) codes[i] = next();
  // Uniform in 0.5 .. 1.5 of the middle, with a sign: a table, because rounding to halves one by one is slow.
  const middle = WEIGHT_DEVIATION / CODE_DEVIATION;
  const table = Uint16Array.from({ length: 256 }, (_, i) =>
    toHalf((i & 1 ? -1 : 1) * middle * (0.5 + i / 255)),
  );
  const scales = new Uint16Array(SCALES);
  for (let i = 0; i < scales.length; i++) scales[i] = table[next() >>> 24]!;
  return { codes: new Uint8Array(codes.buffer), scales: new Uint8Array(scales.buffer) };
}

/** Numbers of 32 bits. Marsaglia 2003, xorshift. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** FNV-1a of a text, 32 bits. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state >>> 0;
}
