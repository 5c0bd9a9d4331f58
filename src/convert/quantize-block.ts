/** A block of rows to codes and scales on the calling thread; the pool's workers run the same function. */
import type { BlockQuantizer, QuantizeBlock, QuantizedBlock } from './block-quantizer';
import { toFloats, toHalves } from './half-tables';
import { fastPlainFloats, fastPlainHalves, fastSearchFloats, fastSearchHalves } from './quantize-simd';

const GROUP = 32;
const WORDS_PER_GROUP = 4;

/**
 * Pure but for `block.bytes`, whose buffer may be overwritten. `words` and `scales` own their whole buffers, so
 * that they can be transferred. Nothing is thrown: a bad number ends in `badGroup`.
 */
export function quantizeBlock(block: QuantizeBlock): QuantizedBlock {
  const { dtype, width, rounding } = block;
  const bytes = ownBuffer(block.bytes);
  const importance = block.importance;
  if (block.scales === 'float16') {
    const weights = toHalves(bytes, dtype); // [rows, width] f16
    const groups = weights.length / GROUP;
    const words = new Uint32Array(groups * WORDS_PER_GROUP); // [rows, width / 8]
    const scales = new Uint16Array(groups); // [rows, width / 32] f16
    const badGroup =
      rounding === 'plain'
        ? fastPlainHalves(weights, words, scales)
        : fastSearchHalves(weights, words, scales, width, importance);
    return { words, scales, badGroup };
  }
  const weights = toFloats(bytes, dtype); // [rows, width] f32
  const groups = weights.length / GROUP;
  const words = new Uint32Array(groups * WORDS_PER_GROUP); // [rows, width / 8]
  const scales = new Float32Array(groups); // [rows, width / 32]
  const badGroup =
    rounding === 'plain'
      ? fastPlainFloats(weights, words, scales)
      : fastSearchFloats(weights, words, scales, width, importance);
  return { words, scales, badGroup };
}

/** The conversions view the whole buffer as numbers, so bytes that are only part of one are copied out. */
function ownBuffer(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}

/** Quantises on the calling thread, one block at a time: for small checkpoints and where nothing else is. */
export function threadQuantizer(): BlockQuantizer {
  return {
    parallel: 1,
    quantize: (block) => Promise.resolve().then(() => quantizeBlock(block)),
    dispose: () => {},
  };
}
