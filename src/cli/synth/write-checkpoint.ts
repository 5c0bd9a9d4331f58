/** A random checkpoint folder in Hugging Face's layout: config, shards with their index. The tokenizer is added elsewhere. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { partsOf } from '../../convert/checkpoint-names';
import { jsonBytes } from '../../formats/json';
import { type LogicalTensor, logicalTensors } from '../../models/tensor-plan';
import type { RandomWeights, WeightDtype } from './random-weights';
import { publishedConfig, type Shape } from './shapes';
import { writeSafetensors } from './write-safetensors';
import { writeTorch } from './write-torch';

export type CheckpointFormat = 'safetensors' | 'torch';

export interface NamedShape {
  readonly name: string;
  /** [rows, width] or [hidden] */
  readonly shape: readonly number[];
}

/** Writes one file of whole tensors. */
export type ShardWriter = (
  path: string,
  tensors: readonly NamedShape[],
  weights: WeightSource,
) => Promise<void>;

export type WeightSource = Pick<RandomWeights, 'dtype' | 'itemBytes' | 'blocks'>;

const LAYOUTS = {
  safetensors: { stem: 'model', extension: 'safetensors', write: writeSafetensors },
  torch: { stem: 'pytorch_model', extension: 'bin', write: writeTorch },
} as const;

const TORCH_DTYPES: Readonly<Record<WeightDtype, string>> = {
  F16: 'float16',
  BF16: 'bfloat16',
  F32: 'float32',
};

export interface CheckpointOrder {
  readonly folder: string;
  readonly shape: Shape;
  readonly weights: WeightSource;
  readonly format: CheckpointFormat;
  /** A file is closed before it grows beyond this; a larger tensor has a file of its own. */
  readonly shardBytes: number;
  readonly onBytes: (bytes: number) => void;
}

/** Resolves to the bytes of all weights. Throws AppError `storage-full`, `storage-failed`. */
export async function writeCheckpoint(order: CheckpointOrder): Promise<number> {
  const { folder, shape, weights, format } = order;
  await mkdir(folder, { recursive: true });
  const config = publishedConfig(shape, TORCH_DTYPES[weights.dtype]);
  await writeFile(join(folder, 'config.json'), jsonBytes(config));
  const shards = inShards(checkpointTensors(shape), weights.itemBytes, order.shardBytes);
  const { stem, extension, write } = LAYOUTS[format];
  const counted: WeightSource = {
    dtype: weights.dtype,
    itemBytes: weights.itemBytes,
    *blocks(name, tensorShape) {
      for (const block of weights.blocks(name, tensorShape)) {
        yield block;
        order.onBytes(block.length);
      }
    },
  };
  const weightMap: Record<string, string> = {};
  for (const [index, tensors] of shards.entries()) {
    const part = `-${digits(index + 1)}-of-${digits(shards.length)}`;
    const file = `${stem}${shards.length > 1 ? part : ''}.${extension}`;
    await write(join(folder, file), tensors, counted);
    for (const { name } of tensors) weightMap[name] = file;
  }
  const totalBytes = checkpointBytes(shape, weights.itemBytes);
  if (shards.length > 1) {
    const json = { metadata: { total_size: totalBytes }, weight_map: weightMap };
    await writeFile(join(folder, `${stem}.${extension}.index.json`), jsonBytes(json));
  }
  return totalBytes;
}

/** Bytes of all tensors of a shape. */
export function checkpointBytes(shape: Shape, itemBytes: number): number {
  return checkpointTensors(shape).reduce((sum, tensor) => sum + sizeOf(tensor, itemBytes), 0);
}

/** Tensors of the checkpoint in the order of their use. */
function checkpointTensors(shape: Shape): NamedShape[] {
  const architecture = { ...shape.architecture, quantization: 'q0f16' as const };
  return logicalTensors(architecture).flatMap((tensor: LogicalTensor) => partsOf(tensor, architecture));
}

function inShards(tensors: readonly NamedShape[], itemBytes: number, shardBytes: number): NamedShape[][] {
  const shards: NamedShape[][] = [[]];
  let filled = 0;
  for (const tensor of tensors) {
    const sizeBytes = sizeOf(tensor, itemBytes);
    if (filled > 0 && filled + sizeBytes > shardBytes) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(tensor);
    filled += sizeBytes;
  }
  return shards;
}

function sizeOf({ shape }: NamedShape, itemBytes: number): number {
  return shape.reduce((product, size) => product * size, itemBytes);
}

const digits = (value: number): string => String(value).padStart(5, '0');
