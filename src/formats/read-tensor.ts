import { AppError } from '../core/errors';
import type { StoredTensor } from './mlc-manifest';
import type { PackageFiles } from './package-files';

/**
 * Bytes of rows [rowStart, rowEnd) of a stored tensor, in the layout its dtype names (little-endian):
 * bfloat16 storage (`f32-to-bf16`) is widened to float32. Only the bytes asked for are read. The result
 * starts at offset 0 of a buffer of its own, so typed arrays may be laid over `bytes.buffer`.
 * Throws `parameter-out-of-range`, and what the files throw (`file-missing`, `file-truncated`).
 */
export async function readStoredTensor(
  files: PackageFiles,
  tensor: StoredTensor,
  rowStart = 0,
  rowEnd = tensor.shape[0] ?? 1,
): Promise<Uint8Array<ArrayBuffer>> {
  const rows = tensor.shape[0] ?? 1;
  if (!(Number.isInteger(rowStart) && Number.isInteger(rowEnd) && rowStart >= 0)) outOfRange();
  if (rowStart > rowEnd || rowEnd > rows) outOfRange();
  const rowBytes = rows === 0 ? 0 : tensor.sizeBytes / rows;
  const start = tensor.byteOffset + rowStart * rowBytes;
  const stored = await files.readRange(tensor.shard, start, start + (rowEnd - rowStart) * rowBytes);
  if (tensor.format === 'f32-to-bf16' && tensor.dtype === 'float32') return widenBfloat(stored);
  return stored.byteOffset === 0 && stored.byteLength === stored.buffer.byteLength ? stored : stored.slice();

  function outOfRange(): never {
    throw new AppError('parameter-out-of-range', { parameter: 'rows', rowStart, rowEnd, rows });
  }
}

/** [n] bfloat16 bytes to [n] float32 bytes. */
function widenBfloat(stored: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bits = new Uint16Array(stored.slice().buffer); // [n] bf16
  const wide = new Uint32Array(bits.length); // [n] f32
  for (let i = 0; i < bits.length; i++) wide[i] = bits[i]! << 16;
  return new Uint8Array(wide.buffer);
}
