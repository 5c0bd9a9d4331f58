/**
 * A LoRA as PEFT saves it: `adapter_config.json` beside `adapter_model.safetensors` or `.bin`. Only headers are
 * read here. Keys: `base_model.model.<path>.lora_A.weight` [r, in] and `.lora_B.weight` [out, r], with the
 * adapter's name before `.weight` in some versions; an embedding has `.lora_embedding_A` [r, rows] and
 * `.lora_embedding_B` [width, r]; a module trained whole has its `.weight`.
 */
import { AppError } from '../core/errors';
import { openTensorFile } from '../formats/checkpoint';
import type { CheckpointSource } from '../formats/checkpoint-types';
import { readJson } from '../formats/json';
import type { PackageFiles } from '../formats/package-files';
import { type LoraConfig, readLoraConfig } from './lora-config';

const CONFIG = 'adapter_config.json';
const WEIGHTS = ['adapter_model.safetensors', 'adapter_model.bin'];

/** Full names of the tensors of one module. */
export interface LoraModule {
  readonly a?: string;
  readonly b?: string;
  /** A and B stand for a table: its rows are what A has as columns. */
  readonly isEmbedding: boolean;
  /** Trained whole, in place of the module's own weight. */
  readonly weight?: string;
}

export interface Lora {
  readonly config: LoraConfig;
  readonly tensors: CheckpointSource;
  /** By path as in the model that it was trained on, e.g. `model.layers.0.self_attn.q_proj`. */
  readonly modules: ReadonlyMap<string, LoraModule>;
}

/** Throws AppError `file-missing`, `lora-mismatch` {tensor, reason}, and what reading the headers throws. */
export async function openLora(files: PackageFiles): Promise<Lora> {
  const present = new Set((await files.list()).map(({ name }) => name));
  const config = readLoraConfig(await readJson(files, CONFIG));
  const tensors = await openTensorFile(files, WEIGHTS.find((name) => present.has(name)) ?? WEIGHTS[0]!);
  const modules = new Map<string, LoraModule>();
  for (const tensor of tensors.tensors.keys()) {
    const { path, role, isEmbedding } = readKey(tensor);
    const before = modules.get(path);
    if (before?.[role] !== undefined) throw mismatch(tensor, 'two adapters in one file');
    modules.set(path, {
      ...before,
      [role]: tensor,
      isEmbedding: isEmbedding || before?.isEmbedding === true,
    });
  }
  if (modules.size === 0) throw new AppError('lora-mismatch', { reason: 'it holds no tensors' });
  for (const { a, b, weight } of modules.values()) {
    const half = a ?? b;
    if (half !== undefined && (a === undefined || b === undefined)) {
      throw mismatch(half, 'its other half is missing');
    }
    if (half !== undefined && weight !== undefined) throw mismatch(weight, 'the module is there twice');
  }
  return { config, tensors, modules };
}

function readKey(tensor: string): { path: string; role: 'a' | 'b' | 'weight'; isEmbedding: boolean } {
  const key = tensor.replace(/^base_model\.model\./, '');
  const low = /^(.+)\.lora_(embedding_)?([AB])(?:\.(?!weight$)[^.]+)?(\.weight)?$/.exec(key);
  // A linear layer's half is a module of its own and ends in `.weight`; an embedding's is a bare tensor.
  if (low && (low[2] === undefined) === (low[4] !== undefined)) {
    return { path: low[1]!, role: low[3] === 'A' ? 'a' : 'b', isEmbedding: low[2] !== undefined };
  }
  const whole = /^(.+?)(?:\.modules_to_save(?:\.[^.]+)?)?\.weight$/.exec(key);
  if (whole && !/lora_/.test(key)) return { path: whole[1]!, role: 'weight', isEmbedding: false };
  throw mismatch(tensor, 'not a part of a plain LoRA');
}

function mismatch(tensor: string, reason: string): AppError {
  return new AppError('lora-mismatch', { tensor, reason });
}
