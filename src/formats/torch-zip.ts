import { AppError } from '../core/errors';
import { type CheckpointTensor, DTYPE_BYTES } from './checkpoint-types';
import { mapLimited } from './map-limited';
import type { PackageFiles } from './package-files';
import { elementCount } from './shape';
import { unpickleTensors } from './state-dict';
import type { TorchTensor } from './torch-values';
import { alignedDataStarts, readZipEntries, zipDataStart } from './zip';

const MAX_PICKLE_BYTES = 64 << 20;
/** Where a storage begins may have to be read in front of it; each costs a round trip. */
const STARTS_AT_ONCE = 4;

/**
 * Tensors of a PyTorch `.bin` in the zip format of `torch.save` since 1.6: `<root>/data.pkl` describes them,
 * `<root>/data/<key>` holds their bytes. Tensors that are views with gaps or another order of axes are
 * refused; an offset into a shared storage is fine. Throws AppError `format-invalid` {file, reason},
 * `pickle-refused` {file, name}, `file-missing`, `file-truncated`.
 */
export async function readTorchZip(
  files: PackageFiles,
  file: string,
  fileBytes: number | undefined,
): Promise<Map<string, CheckpointTensor>> {
  const fail = (reason: string): never => {
    throw new AppError('format-invalid', { file, reason });
  };
  if (fileBytes === undefined) return fail('its length is unknown');
  if (fileBytes < 4) return fail('too short');
  const [p, k] = await files.readRange(file, 0, 2);
  // A pickle starts with the opcode PROTO.
  if (p === 0x80) return fail('written by PyTorch before 1.6; save it again with a newer one');
  if (p !== 0x50 || k !== 0x4b) return fail('not a PyTorch file');
  const entries = await readZipEntries(files, file, fileBytes);
  const pickleName = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickleName === undefined) return fail('no data.pkl inside');
  const root = pickleName.slice(0, pickleName.lastIndexOf('/'));
  let aligned = alignedDataStarts(entries);
  const readEntry = async (name: string, maxBytes: number): Promise<Uint8Array | undefined> => {
    const entry = entries.get(name);
    if (entry === undefined) return undefined;
    if (entry.sizeBytes > maxBytes) return fail(`${name} is over ${maxBytes} bytes`);
    const start = await zipDataStart(files, file, fileBytes, entry);
    if (aligned?.get(name) !== start) aligned = undefined;
    return files.readRange(file, start, start + entry.sizeBytes);
  };
  const byteOrder = await readEntry(`${root}/byteorder`, 16);
  if (byteOrder && new TextDecoder().decode(byteOrder) !== 'little') return fail('not little-endian');

  const described = unpickleTensors((await readEntry(pickleName, MAX_PICKLE_BYTES))!, file);
  const storages = [...new Set([...described.values()].map(({ storage }) => `${root}/data/${storage.key}`))];
  const starts = new Map(
    await mapLimited(storages, STARTS_AT_ONCE, async (name): Promise<[string, number]> => {
      const entry = entries.get(name) ?? fail(`no storage ${name}`);
      return [name, aligned?.get(name) ?? (await zipDataStart(files, file, fileBytes, entry))];
    }),
  );
  const tensors = new Map<string, CheckpointTensor>();
  for (const [name, tensor] of described) {
    const { storage, offset, shape } = tensor;
    const entry = entries.get(`${root}/data/${storage.key}`)!;
    const itemBytes = DTYPE_BYTES[storage.dtype]!;
    if (storage.elements * itemBytes !== entry.sizeBytes) {
      fail(`tensor ${name}: storage of ${entry.sizeBytes} bytes for ${storage.elements} values`);
    }
    const count = elementCount(shape) ?? fail(`tensor ${name}: its shape is too large`);
    if (!isContiguous(tensor)) fail(`tensor ${name} is a view with gaps; save it contiguously`);
    if (offset + count > storage.elements) fail(`tensor ${name} reaches beyond its storage`);
    tensors.set(name, {
      dtype: storage.dtype,
      shape,
      file,
      byteOffset: starts.get(entry.name)! + offset * itemBytes,
      sizeBytes: count * itemBytes,
    });
  }
  return tensors;
}

/** Row-major without gaps; the stride of an axis of length one says nothing. */
function isContiguous({ shape, strides }: TorchTensor): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== step) return false;
    step *= shape[axis]!;
  }
  return true;
}
