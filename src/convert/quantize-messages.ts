/** What the quantiser pool and its threads say to each other. Buffers are handed over both ways, never copied. */
import { AppError } from '../core/errors';
import type { QuantizeBlock, QuantizedBlock } from './block-quantizer';
import { quantizeBlock } from './quantize-block';

export interface ToQuantizer {
  readonly id: number;
  readonly block: QuantizeBlock;
}

export type FromQuantizer =
  | { readonly id: number; readonly quantized: QuantizedBlock }
  /** Text form of an AppError. */
  | { readonly id: number; readonly error: string };

/** The whole of a thread: does one block and gives the buffers that go back with the answer. */
export function answerBlock({ id, block }: ToQuantizer): { answer: FromQuantizer; transfer: ArrayBuffer[] } {
  try {
    const quantized = quantizeBlock(block);
    return { answer: { id, quantized }, transfer: [quantized.words.buffer, quantized.scales.buffer] };
  } catch (error) {
    return { answer: { id, error: AppError.from(error).toString() }, transfer: [] };
  }
}
