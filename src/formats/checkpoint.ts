/**
 * Opens a checkpoint folder as published on Hugging Face: safetensors (sharded by an index, or plain), or
 * PyTorch `.bin` shards. Only headers are read here; weights are read row by row when asked for.
 */
import * as v from 'valibot';
import { AppError } from '../core/errors';
import type { CheckpointSource, CheckpointTensor } from './checkpoint-types';
import { readJson } from './json';
import { isSafeFileName } from './mlc-manifest';
import type { PackageFiles } from './package-files';
import { readSafetensors } from './safetensors';
import { readTorchZip } from './torch-zip';

const IndexSchema = v.object({ weight_map: v.record(v.string(), v.string()) });

interface Layout {
  readonly index: string;
  /** File names that belong to the checkpoint where there is no index. */
  readonly pattern: RegExp;
  readonly read: typeof readSafetensors;
}

/** In order of preference: safetensors need no pickle. */
const LAYOUTS: readonly Layout[] = [
  {
    index: 'model.safetensors.index.json',
    pattern: /^(?!adapter_).*\.safetensors$/,
    read: readSafetensors,
  },
  { index: 'pytorch_model.bin.index.json', pattern: /^pytorch_model.*\.bin$/, read: readTorchZip },
];

/**
 * Throws AppError `file-missing`, `file-truncated`, `format-invalid`, `pickle-refused`, `tensor-missing`
 * (named by the index, absent from its file).
 */
export async function openCheckpoint(files: PackageFiles): Promise<CheckpointSource> {
  const sizes = new Map((await files.list()).map(({ name, sizeBytes }) => [name, sizeBytes]));
  const names = [...sizes.keys()].sort();
  for (const layout of LAYOUTS) {
    const index = sizes.has(layout.index) ? await readIndex(files, layout.index) : undefined;
    const shards = index ? [...new Set(index.values())] : names.filter((name) => layout.pattern.test(name));
    if (shards.length === 0) continue;
    const tensors = new Map<string, CheckpointTensor>();
    for (const shard of shards) {
      if (!sizes.has(shard)) throw new AppError('file-missing', { file: shard });
      for (const [name, tensor] of await layout.read(files, shard, sizes.get(shard))) {
        if (tensors.has(name)) {
          throw new AppError('format-invalid', { file: shard, reason: `tensor ${name} is in two files` });
        }
        tensors.set(name, tensor);
      }
    }
    for (const [name, file] of index ?? []) {
      if (tensors.get(name)?.file !== file) throw new AppError('tensor-missing', { tensor: name, file });
    }
    return sourceOf(files, tensors);
  }
  throw new AppError('file-missing', { file: 'model.safetensors' });
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
  return {
    tensors,
    async readRows(name, rowStart, rowEnd) {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new AppError('tensor-missing', { tensor: name });
      const rows = tensor.shape[0] ?? 1;
      if (!(rowStart >= 0 && rowStart <= rowEnd && rowEnd <= rows)) {
        throw new AppError('parameter-out-of-range', { parameter: 'rows', rowStart, rowEnd, rows });
      }
      const rowBytes = rows === 0 ? 0 : tensor.sizeBytes / rows;
      const start = tensor.byteOffset + rowStart * rowBytes;
      const bytes = await files.readRange(tensor.file, start, start + (rowEnd - rowStart) * rowBytes);
      return bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
    },
  };
}
