/**
 * MLC's 4-bit rows as ggml's Q4_0 blocks, value for value. MLC: value = (code - 7) * scale for codes 0 to 15. Q4_0:
 * value = (nibble - 8) * d, with element j in the low half of byte j and element j + 16 in the high half. Since
 * (code - 7) * scale = (15 - code - 8) * -scale, complemented nibbles and a negated scale say exactly the same, also
 * for code 15, which code + 1 could not hold. Source of the block: ggml-quants.c, `dequantize_row_q4_0`.
 */
export const Q4_0_BLOCK_BYTES = 18;
const WORDS_PER_GROUP = 4;
const SIGN = 0x8000;

/**
 * @param words u32 [rows, columns / 8], eight codes each, lowest nibble first
 * @param scales halves [rows, columns / 32]
 * @returns [rows, columns / 32] blocks of 18 bytes
 */
export function q4ZeroBlocks(words: Uint32Array, scales: Uint16Array): Uint8Array<ArrayBuffer> {
  const blocks = new Uint8Array(scales.length * Q4_0_BLOCK_BYTES);
  for (let group = 0; group < scales.length; group++) {
    const at = group * Q4_0_BLOCK_BYTES;
    const scale = scales[group]! ^ SIGN;
    blocks[at] = scale & 0xff;
    blocks[at + 1] = scale >>> 8;
    const first = group * WORDS_PER_GROUP;
    for (let j = 0; j < 16; j++) {
      const shift = 4 * (j % 8);
      const low = (~words[first + (j >>> 3)]! >>> shift) & 15;
      const high = (~words[first + 2 + (j >>> 3)]! >>> shift) & 15;
      blocks[at + 2 + j] = low | (high << 4);
    }
  }
  return blocks;
}
