/**
 * Opens a checkpoint folder as published: safetensors (sharded by an index, or plain), PyTorch `.bin` shards, or
 * one PyTorch file. Only headers are read here; weights are read row by row when asked for.
 */
import * as v from 'valibot';
import { AppError } from '../core/errors';
import type { CheckpointSource, CheckpointTensor } from './checkpoint-types';
import { readJson } from './json';
import { mapLimited } from './map-limited';
import { isSafeFileName } from './mlc-manifest';
import type { PackageFiles } from './package-files';
import { type RowRange, streamRowBlocks } from './row-blocks';
import { ownBuffer } from './row-streams';
import { readSafetensors } from './safetensors';
import { readTorchZip } from './torch-zip';

const IndexSchema = v.object({ weight_map: v.record(v.string(), v.string()) });

type ReadHeader = typeof readSafetensors;

interface Format {
  readonly index: string;
  /** File names that belong to the checkpoint where there is no index. */
  readonly pattern: RegExp;
  readonly read: ReadHeader;
}

/** In order of preference: safetensors need no pickle. */
const FORMATS: readonly Format[] = [
  {
    index: 'model.safetensors.index.json',
    pattern: /^(?!adapter_).*\.safetensors$/,
    read: readSafetensors,
  },
  { index: 'pytorch_model.bin.index.json', pattern: /^pytorch_model.*\.bin$/, read: readTorchZip },
];

/** Any other PyTorch file may hold the model, if it is the only one. */
const TORCH_FILE = /\.(bin|pt|pth)$/;
const NOT_WEIGHTS = /^(adapter_|optimizer|optim|scheduler|scaler|training_args|rng_state|random_states)/;

/** Headers asked for at once: a sharded checkpoint has dozens, and each costs a round trip. */
const HEADERS_AT_ONCE = 4;

/**
 * Throws AppError `file-missing`, `file-truncated`, `format-invalid`, `pickle-refused`, `tensor-missing`
 * (named by the index, absent from its file).
 */
export async function openCheckpoint(files: PackageFiles): Promise<CheckpointSource> {
  const sizes = new Map((await files.list()).map(({ name, sizeBytes }) => [name, sizeBytes]));
  const names = [...sizes.keys()].sort();
  for (const format of FORMATS) {
    const index = sizes.has(format.index) ? await readIndex(files, format.index) : undefined;
    const shards = index ? [...new Set(index.values())] : names.filter((name) => format.pattern.test(name));
    if (shards.length === 0) continue;
    const missing = shards.find((shard) => !sizes.has(shard));
    if (missing !== undefined) throw new AppError('file-missing', { file: missing });
    const headers = await mapLimited(shards, HEADERS_AT_ONCE, (shard) =>
      format.read(files, shard, sizes.get(shard)),
    );
    return sourceOf(files, joinShards(shards, headers, index));
  }
  const single = singleTorchFile(names);
  return sourceOf(files, await readTorchZip(files, single, sizes.get(single)));
}

/** Tensors of one named file, safetensors or PyTorch by its name. Throws like `openCheckpoint`. */
export async function openTensorFile(files: PackageFiles, file: string): Promise<CheckpointSource> {
  const entry = (await files.list()).find(({ name }) => name === file);
  if (entry === undefined) throw new AppError('file-missing', { file });
  const read: ReadHeader = file.endsWith('.safetensors') ? readSafetensors : readTorchZip;
  return sourceOf(files, await read(files, file, entry.sizeBytes));
}

function singleTorchFile(names: readonly string[]): string {
  const [first, ...more] = names.filter((name) => TORCH_FILE.test(name) && !NOT_WEIGHTS.test(name));
  if (first === undefined) throw new AppError('file-missing', { file: 'model.safetensors' });
  if (more.length === 0) return first;
  const reason = `it is unclear which of ${[first, ...more].slice(0, 4).join(', ')} is the model; leave one`;
  throw new AppError('format-invalid', { file: first, reason });
}

function joinShards(
  shards: readonly string[],
  headers: readonly ReadonlyMap<string, CheckpointTensor>[],
  index: ReadonlyMap<string, string> | undefined,
): Map<string, CheckpointTensor> {
  const tensors = new Map<string, CheckpointTensor>();
  for (const [i, header] of headers.entries()) {
    for (const [name, tensor] of header) {
      if (tensors.has(name)) {
        throw new AppError('format-invalid', { file: shards[i]!, reason: `tensor ${name} is in two files` });
      }
      tensors.set(name, tensor);
    }
  }
  for (const [name, file] of index ?? []) {
    if (tensors.get(name)?.file !== file) throw new AppError('tensor-missing', { tensor: name, file });
  }
  return tensors;
}

/** Tensor name -> shard file. */
async function readIndex(files: PackageFiles, file: string): Promise<Map<string, string>> {
  const parsed = v.safeParse(IndexSchema, await readJson(files, file));
  if (!parsed.success) throw new AppError('format-invalid', { file, reason: 'no usable weight_map' });
  const map = new Map(Object.entries(parsed.output.weight_map));
  for (const shard of map.values()) {
    if (!isSafeFileName(shard)) {
      throw new AppError('format-invalid', { file, reason: `${JSON.stringify(shard)} is not a file name` });
    }
  }
  return map;
}

function sourceOf(files: PackageFiles, tensors: ReadonlyMap<string, CheckpointTensor>): CheckpointSource {
  const locate = (name: string, rowStart: number, rowEnd?: number): RowRange => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new AppError('tensor-missing', { tensor: name });
    const rows = tensor.shape[0] ?? 1;
    const end = rowEnd ?? rows;
    if (!(rowStart >= 0 && rowStart <= end && end <= rows)) {
      throw new AppError('parameter-out-of-range', { parameter: 'rows', rowStart, rowEnd: end, rows });
    }
    const rowBytes = rows === 0 ? 0 : tensor.sizeBytes / rows;
    const byteStart = tensor.byteOffset + rowStart * rowBytes;
    return { file: tensor.file, byteStart, rowBytes, rowStart, rowEnd: end };
  };
  return {
    tensors,
    streamRows: (name, rowStart = 0, rowEnd) => streamRowBlocks(files, locate(name, rowStart, rowEnd)),
    async readRows(name, rowStart, rowEnd) {
      const { file, byteStart, rowBytes } = locate(name, rowStart, rowEnd);
      return ownBuffer(await files.readRange(file, byteStart, byteStart + (rowEnd - rowStart) * rowBytes));
    },
  };
}
