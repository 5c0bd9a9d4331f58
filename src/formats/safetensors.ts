/**
 * Header of a `.safetensors` file: eight bytes of length, then JSON that says where each tensor lies. Every
 * number in it is checked before use, because the file comes from anywhere: a length that does not fit
 * the file, a range that leaves it, a shape that disagrees with its range, and overlaps are refused.
 * Format: https://github.com/huggingface/safetensors#format (limit of the header from its Rust reader).
 */
import * as v from 'valibot';
import { AppError } from '../core/errors';
import { type CheckpointTensor, DTYPE_BYTES } from './checkpoint-types';
import { isRecord, parseJson } from './json';
import type { PackageFiles } from './package-files';
import { elementCount } from './shape';

const MAX_HEADER_BYTES = 100_000_000;
const PREFIX_BYTES = 8;
const FIRST_READ_BYTES = 32 << 10;

const Size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const EntrySchema = v.object({
  dtype: v.string(),
  shape: v.pipe(v.array(Size), v.maxLength(8)),
  data_offsets: v.tuple([Size, Size]),
});

/**
 * Tensors of one file by name. `fileBytes` is its length where known.
 * Throws AppError `format-invalid` {file, reason}, `file-missing`, `file-truncated`.
 */
export async function readSafetensors(
  files: PackageFiles,
  file: string,
  fileBytes: number | undefined,
): Promise<Map<string, CheckpointTensor>> {
  const fail = (reason: string): never => {
    throw new AppError('format-invalid', { file, reason });
  };
  if (fileBytes !== undefined && fileBytes < PREFIX_BYTES) fail('shorter than its length prefix');
  // One request brings the whole header of most files.
  const first = await files.readRange(file, 0, Math.min(fileBytes ?? PREFIX_BYTES, FIRST_READ_BYTES));
  const prefix = first.subarray(0, PREFIX_BYTES);
  const headerBytes = Number(new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true));
  const dataStart = PREFIX_BYTES + headerBytes;
  if (headerBytes > MAX_HEADER_BYTES) fail(`header of ${headerBytes} bytes is over ${MAX_HEADER_BYTES}`);
  if (fileBytes !== undefined && dataStart > fileBytes) {
    fail(`header of ${headerBytes} bytes is longer than the file`);
  }
  const isWhole = dataStart <= first.length;
  const text = isWhole
    ? first.subarray(PREFIX_BYTES, dataStart)
    : await files.readRange(file, PREFIX_BYTES, dataStart);
  const header = parseJson(text, file);
  if (!isRecord(header)) return fail('header is not an object');

  const tensors = new Map<string, CheckpointTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const parsed = v.safeParse(EntrySchema, entry, { abortEarly: true });
    if (!parsed.success) {
      const issue = parsed.issues[0];
      return fail(`tensor ${name}: ${v.getDotPath(issue) ?? 'entry'}: ${issue.message}`);
    }
    const { dtype, shape, data_offsets } = parsed.output;
    const [begin, end] = data_offsets;
    const itemBytes = DTYPE_BYTES[dtype] ?? fail(`tensor ${name}: unknown dtype ${dtype}`);
    const count = elementCount(shape) ?? fail(`tensor ${name}: its shape is too large`);
    if (end < begin || end - begin !== count * itemBytes) {
      fail(`tensor ${name}: ${end - begin} bytes for ${count} values of ${dtype}`);
    }
    if (!Number.isSafeInteger(dataStart + end)) fail(`tensor ${name}: offset is too large`);
    if (fileBytes !== undefined && dataStart + end > fileBytes) {
      fail(`tensor ${name} ends at byte ${dataStart + end} of a file of ${fileBytes}`);
    }
    tensors.set(name, { dtype, shape, file, byteOffset: dataStart + begin, sizeBytes: end - begin });
  }
  checkOverlap(tensors, fail);
  return tensors;
}

function checkOverlap(tensors: ReadonlyMap<string, CheckpointTensor>, fail: (reason: string) => never): void {
  let end = 0;
  for (const [name, tensor] of [...tensors].sort(([, a], [, b]) => a.byteOffset - b.byteOffset)) {
    if (tensor.sizeBytes === 0) continue;
    if (tensor.byteOffset < end) fail(`tensor ${name} overlaps another`);
    end = tensor.byteOffset + tensor.sizeBytes;
  }
}
