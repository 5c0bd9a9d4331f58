/**
 * Puts blocks of a checkpoint's rows into the bytes of a stored tensor: quantised, or converted to the float
 * type of the package.
 */
import { AppError } from '../core/errors';
import type { RowBlock } from '../formats/checkpoint-types';
import { describeTensor } from '../formats/shape';
import type { Architecture } from '../models/architecture';
import {
  CODES_PER_WORD,
  floatDtype,
  GROUP_SIZE,
  type LogicalTensor,
  storedSpecs,
} from '../models/tensor-plan';
import type { BlockQuantizer, Rounding } from './block-quantizer';
import type { SourcePart } from './checkpoint-names';
import { toFloats, toHalves } from './half-tables';
import type { ImportanceTable } from './importance';

export interface StoreOptions {
  readonly architecture: Architecture;
  readonly quantizer: BlockQuantizer;
  readonly rounding: Rounding;
  /** Absent: all inputs matter alike. */
  readonly importance: ImportanceTable | undefined;
}

/** Stores rows of the tensor from `row` on. Throws `tensor-mismatch` where a number is not finite. */
export type StoreBlock = (row: number, block: RowBlock, part: SourcePart, dtype: string) => Promise<void>;

/** `bytesOf`: the place of a stored tensor inside its shard. */
export function storeBlock(
  tensor: LogicalTensor,
  bytesOf: (name: string) => Uint8Array<ArrayBuffer>,
  options: StoreOptions,
): StoreBlock {
  const [weight, scale] = storedSpecs(tensor, options.architecture.quantization).map(({ name }) =>
    bytesOf(name),
  );
  if (scale === undefined) return copyBlocks(tensor, weight!, options.architecture);
  return quantizeBlocks(tensor, weight!, scale, options);
}

/** @param place [rows, width] f16 or f32 */
function copyBlocks(
  tensor: LogicalTensor,
  place: Uint8Array<ArrayBuffer>,
  { quantization }: Architecture,
): StoreBlock {
  const width = tensor.shape[1] ?? 1;
  if (floatDtype(quantization) === 'float16') {
    const target = viewOf(place, Uint16Array);
    return async (row, { bytes }, part, dtype) => {
      const halves = toHalves(bytes, dtype); // [rows, width] f16
      if (halves.some((bits) => (bits & 0x7c00) === 0x7c00)) throw notFinite(part, dtype);
      target.set(halves, row * width);
    };
  }
  const target = viewOf(place, Float32Array);
  return async (row, { bytes }, part, dtype) => {
    const floats = toFloats(bytes, dtype); // [rows, width] f32
    if (!floats.every(Number.isFinite)) throw notFinite(part, dtype);
    target.set(floats, row * width);
  };
}

/**
 * @param wordPlace [rows, width / 8] u32
 * @param scalePlace [rows, width / 32] f16 or f32
 */
function quantizeBlocks(
  tensor: LogicalTensor,
  wordPlace: Uint8Array<ArrayBuffer>,
  scalePlace: Uint8Array<ArrayBuffer>,
  { architecture, quantizer, rounding, importance }: StoreOptions,
): StoreBlock {
  const width = tensor.shape[1]!;
  const scales = floatDtype(architecture.quantization) === 'float16' ? 'float16' : 'float32';
  const targetWords = viewOf(wordPlace, Uint32Array);
  const targetScales =
    scales === 'float16' ? viewOf(scalePlace, Uint16Array) : viewOf(scalePlace, Float32Array);
  const weighed = importance?.get(tensor.name); // [width] u8
  return async (row, { bytes }, part, dtype) => {
    const block = { bytes, dtype, width, scales, rounding, importance: weighed } as const;
    const quantized = await quantizer.quantize(block);
    if (quantized.badGroup >= 0) throw notFinite(part, dtype);
    targetWords.set(quantized.words, (row * width) / CODES_PER_WORD);
    targetScales.set(quantized.scales, (row * width) / GROUP_SIZE);
  };
}

function viewOf<T>(bytes: Uint8Array<ArrayBuffer>, View: ViewType<T>): T {
  return new View(bytes.buffer, bytes.byteOffset, bytes.byteLength / View.BYTES_PER_ELEMENT);
}
interface ViewType<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
}

function notFinite(part: SourcePart, dtype: string): AppError {
  return new AppError('tensor-mismatch', {
    tensor: part.name,
    expected: 'finite numbers within the range of the target',
    actual: `an infinity, NaN or overflow in ${describeTensor(part.shape, dtype)}`,
  });
}
