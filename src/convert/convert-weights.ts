/**
 * Streams a checkpoint through the quantiser into shards: one stored tensor after another, a few MiB of rows
 * at a time, so that memory is bounded by the largest shard whatever the model's size.
 */
import { AppError } from '../core/errors';
import { type CheckpointSource, DTYPE_BYTES } from '../formats/checkpoint-types';
import { describeTensor, elementCount } from '../formats/shape';
import type { Architecture } from '../models/architecture';
import {
  CODES_PER_WORD,
  floatDtype,
  GROUP_SIZE,
  isQuantized,
  type LogicalTensor,
  logicalTensors,
  storedSpecs,
} from '../models/tensor-plan';
import { checkCheckpoint, partsOf, type SourcePart } from './checkpoint-names';
import { toFloats, toHalves } from './half-tables';
import { quantizeFloats, quantizeHalves } from './quantize';
import type { ShardWriter } from './shard-writer';

/** Source bytes read at a time. */
const BLOCK_BYTES = 4 << 20;

export interface ConvertProgress {
  /** Stored tensor being written. */
  readonly tensor: string;
  readonly doneBytes: number;
  /** Bytes of the checkpoint that will be read in all. */
  readonly totalBytes: number;
}

export interface WeightsOptions {
  readonly source: CheckpointSource;
  readonly architecture: Architecture;
  readonly writer: ShardWriter;
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Throws AppError `tensor-missing`, `tensor-mismatch` (shape, dtype, a width that is no multiple of 32, a
 * weight that is not finite), `aborted`, and what the source throws.
 */
export async function convertWeights(options: WeightsOptions): Promise<void> {
  const { source, architecture, writer } = options;
  checkCheckpoint(source, architecture);
  const tensors = logicalTensors(architecture);
  if (isQuantized(architecture.quantization)) tensors.forEach(checkWidth);
  const parts = tensors.flatMap((tensor) => partsOf(tensor, architecture));
  const totalBytes = parts.reduce((sum, { name }) => sum + sourceBytes(source, name), 0);
  let doneBytes = 0;
  for (const tensor of tensors) {
    const store = tensorStore(tensor, architecture, writer);
    let row = 0;
    for (const part of partsOf(tensor, architecture)) {
      const dtype = source.tensors.get(part.name)!.dtype;
      for await (const block of rowBlocks(source, part)) {
        if (options.signal?.aborted) throw new AppError('aborted');
        const bad = store(row, block.bytes, dtype);
        if (bad) throw notFinite(part, dtype);
        row += block.rows;
        doneBytes += block.sizeBytes;
        options.onProgress?.({ tensor: tensor.name, doneBytes, totalBytes });
      }
    }
    for (const spec of storedSpecs(tensor, architecture.quantization)) await writer.done(spec.name);
  }
}

/** Writes rows from `row` on, given in the checkpoint's dtype; true where a number is not finite. */
type Store = (row: number, bytes: Uint8Array<ArrayBuffer>, dtype: string) => boolean;

function tensorStore(tensor: LogicalTensor, architecture: Architecture, writer: ShardWriter): Store {
  const { quantization } = architecture;
  const specs = storedSpecs(tensor, quantization);
  const inHalves = floatDtype(quantization) === 'float16';
  const first = writer.bytesOf(specs[0]!.name);
  if (specs.length === 1) {
    const width = tensor.shape[1] ?? 1;
    if (inHalves) {
      const target = viewOf(first, Uint16Array); // [rows, width] f16
      return (row, bytes, dtype) => {
        const halves = toHalves(bytes, dtype);
        target.set(halves, row * width);
        return halves.some((bits) => (bits & 0x7c00) === 0x7c00);
      };
    }
    const target = viewOf(first, Float32Array); // [rows, width] f32
    return (row, bytes, dtype) => {
      const floats = toFloats(bytes, dtype);
      target.set(floats, row * width);
      return floats.some((value) => !Number.isFinite(value));
    };
  }
  const words = viewOf(first, Uint32Array); // [rows, width / 8]
  const wordsPerRow = specs[0]!.shape[1]!;
  const groupsPerRow = specs[1]!.shape[1]!;
  const scaleBytes = writer.bytesOf(specs[1]!.name); // [rows, width / 32] f16 or f32
  const halfScales = inHalves ? viewOf(scaleBytes, Uint16Array) : undefined;
  const floatScales = inHalves ? undefined : viewOf(scaleBytes, Float32Array);
  return (row, bytes, dtype) => {
    const groups = bytes.length / DTYPE_BYTES[dtype]! / GROUP_SIZE;
    const rowWords = words.subarray(
      row * wordsPerRow,
      row * wordsPerRow + (groups * GROUP_SIZE) / CODES_PER_WORD,
    );
    const from = row * groupsPerRow;
    if (halfScales) {
      return quantizeHalves(toHalves(bytes, dtype), rowWords, halfScales.subarray(from, from + groups)) >= 0;
    }
    return quantizeFloats(toFloats(bytes, dtype), rowWords, floatScales!.subarray(from, from + groups)) >= 0;
  };
}

function viewOf<T>(bytes: Uint8Array<ArrayBuffer>, View: ViewType<T>): T {
  return new View(bytes.buffer, bytes.byteOffset, bytes.byteLength / View.BYTES_PER_ELEMENT);
}
interface ViewType<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
}

/** Whole rows, about `BLOCK_BYTES` at a time; a norm counts as rows of one value. */
async function* rowBlocks(
  source: CheckpointSource,
  part: SourcePart,
): AsyncGenerator<{ rows: number; sizeBytes: number; bytes: Uint8Array<ArrayBuffer> }> {
  const rows = part.shape[0]!;
  const rowBytes = sourceBytes(source, part.name) / rows;
  const step = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  for (let start = 0; start < rows; start += step) {
    const end = Math.min(rows, start + step);
    const bytes = await source.readRows(part.name, start, end);
    // Taken before the consumer converts, which may happen in place.
    yield { rows: end - start, sizeBytes: bytes.length, bytes };
  }
}

function sourceBytes(source: CheckpointSource, name: string): number {
  const { shape, dtype } = source.tensors.get(name)!;
  return elementCount(shape)! * DTYPE_BYTES[dtype]!;
}

function checkWidth(tensor: LogicalTensor): void {
  const width = tensor.shape[1];
  if (width === undefined || width % GROUP_SIZE === 0) return;
  throw new AppError('tensor-mismatch', {
    tensor: tensor.name,
    expected: `a width in multiples of ${GROUP_SIZE}`,
    actual: String(width),
  });
}

function notFinite(part: SourcePart, dtype: string): AppError {
  return new AppError('tensor-mismatch', {
    tensor: part.name,
    expected: 'finite numbers within the range of the target',
    actual: `an infinity, NaN or overflow in ${describeTensor(part.shape, dtype)}`,
  });
}
