/** One checkpoint out of up to three folders: the publisher's, a base under its delta, a LoRA over both. */
import { AppError } from '../core/errors';
import { openCheckpoint } from '../formats/checkpoint';
import type { CheckpointSource } from '../formats/checkpoint-types';
import type { CheckpointFiles } from '../formats/package-files';
import { sameShape } from '../formats/shape';
import type { Architecture } from '../models/architecture';
import { readConfigFile } from '../models/checkpoint-config';
import { GROUP_SIZE, isQuantized, logicalTensors } from '../models/tensor-plan';
import { checkBase } from './check-base';
import { checkCheckpoint, partsOf } from './checkpoint-names';
import { asHfLayout } from './layouts/as-hf';
import { mergeDelta } from './merge-delta';
import { mergeLora } from './merge-lora';
import { openLora } from './open-lora';
import { tensorBytes } from './tensor-bytes';

export interface ModelFolders {
  readonly source: CheckpointFiles;
  readonly base: CheckpointFiles | undefined;
  readonly lora: CheckpointFiles | undefined;
}

export interface OpenModel {
  /** Merged, under Hugging Face's names, checked against the architecture. */
  readonly source: CheckpointSource;
  /** Tensors of `source` that the model consists of, in the order in which they are stored. */
  readonly usedTensors: readonly string[];
  readonly isMerged: boolean;
  /** Bytes that are fetched for a tensor, from all folders together. */
  readonly downloadBytes: (name: string) => number;
  /** Tensors of the checkpoint that are no part of the model. */
  readonly ignoredTensors: readonly string[];
}

/**
 * Reads headers only, and of a base and its delta a few samples. Throws AppError `file-missing`,
 * `file-truncated`, `format-invalid`, `pickle-refused`, `tensor-missing`, `tensor-mismatch`,
 * `delta-mismatch`, `base-mismatch`, `lora-mismatch`, and what the sources throw.
 */
export async function openModel(folders: ModelFolders, architecture: Architecture): Promise<OpenModel> {
  const { base, lora } = folders;
  const published = asHfLayout(await openCheckpoint(folders.source), architecture);
  const under = base && asHfLayout(await openCheckpoint(base), architecture);
  const change = lora && (await openLora(lora));
  const whole = under ? mergeDelta(published, under) : published;
  const source = change ? mergeLora(whole, change, architecture) : whole;
  const ignoredTensors = checkCheckpoint(source, architecture);
  if (isQuantized(architecture.quantization)) checkWidths(architecture);
  if (base && under) {
    await checkBase({ delta: published, base: under, architecture, baseConfig: await configOf(base) });
  }
  const parts = logicalTensors(architecture).flatMap((tensor) => partsOf(tensor, architecture));
  const usedTensors = parts.map(({ name }) => name);
  const fetched = (name: string) => tensorBytes(published, name) + baseBytes(name, published, under);
  const loraShare = change ? bytesOfAll(change.tensors) / sumOf(usedTensors, fetched) : 0;
  return {
    source,
    usedTensors,
    isMerged: source !== published,
    // A LoRA is small, and read in between: it is counted as if every tensor had its share of it.
    downloadBytes: (name) => Math.round(fetched(name) * (1 + loraShare)),
    ignoredTensors,
  };
}

/** Nothing is read of a base tensor that the delta carries whole, which its grown shape shows. */
function baseBytes(name: string, delta: CheckpointSource, base: CheckpointSource | undefined): number {
  const shape = base?.tensors.get(name)?.shape;
  return shape && sameShape(shape, delta.tensors.get(name)!.shape) ? tensorBytes(base!, name) : 0;
}

/** A base without a readable configuration is judged by its weights alone. */
async function configOf(base: CheckpointFiles) {
  const present = (await base.list()).some(({ name }) => name === 'config.json' || name === 'params.json');
  return present ? (await readConfigFile(base)).config : undefined;
}

/** Scales belong to whole groups of inputs. */
function checkWidths(architecture: Architecture): void {
  for (const { name, shape } of logicalTensors(architecture)) {
    const width = shape[1];
    if (width === undefined || width % GROUP_SIZE === 0) continue;
    const expected = `a width in multiples of ${GROUP_SIZE}`;
    throw new AppError('tensor-mismatch', { tensor: name, expected, actual: String(width) });
  }
}

function bytesOfAll(source: CheckpointSource): number {
  return sumOf([...source.tensors.keys()], (name) => tensorBytes(source, name));
}

function sumOf(names: readonly string[], bytesOf: (name: string) => number): number {
  return names.reduce((sum, name) => sum + bytesOf(name), 0);
}
