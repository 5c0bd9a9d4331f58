/** What a conversion is told and what it tells when it is done. */
import type { AerieManifest } from '../formats/aerie-manifest';
import type { CheckpointFiles, PackageFiles } from '../formats/package-files';
import type { PackageSink, WrittenFile } from '../formats/package-sink';
import type { Architecture, Quantization } from '../models/architecture';
import type { Correction } from '../models/catalogue/types';
import type { TemplateName } from '../models/templates';
import type { BlockQuantizer, Rounding } from './block-quantizer';
import type { ImportanceTable } from './importance';
import type { ConvertProgress } from './progress';

/** How codes and scales are chosen where the caller does not say. */
export const DEFAULT_ROUNDING: Rounding = 'plain';

export type PublishedConfig = Readonly<Record<string, unknown>>;

export interface ConvertOptions {
  /** The checkpoint; the delta where `base` is given. */
  readonly source: CheckpointFiles;
  /** The model that the delta in `source` is added to. */
  readonly base?: CheckpointFiles | undefined;
  /** Merged into the weights. */
  readonly lora?: CheckpointFiles | undefined;
  /** Folder of the tokenizer files where it is not `source`. */
  readonly tokenizer?: PackageFiles | undefined;
  /** MLC's 8-bit formats are not among them: no engine here reads them; `q0f16` is there for small models. */
  readonly quantization: Quantization;
  readonly rounding?: Rounding | undefined;
  /** For the rounding `search`. */
  readonly importance?: ImportanceTable | undefined;
  /** Name of a prompt format, instead of the one that fits the name and the config. */
  readonly template?: TemplateName | undefined;
  readonly sink: PackageSink;
  /** Of the caller, who disposes of it; by default blocks are quantised on this thread. */
  readonly quantizer?: BlockQuantizer | undefined;
  /** What `aerie.json` says. */
  readonly about: Pick<AerieManifest, 'name' | 'licence'>;
  /** Puts known errors of a published configuration right. */
  readonly correct?:
    | ((config: PublishedConfig) => { config: PublishedConfig; corrections: readonly Correction[] })
    | undefined;
  /** Most bytes of a shard with more than one matrix, where it is not 64 MiB. */
  readonly shardBytes?: number | undefined;
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ConvertResult {
  readonly architecture: Architecture;
  /** Name of the prompt format. */
  readonly template: string;
  /** All but `aerie.json`, in the order in which they are listed there. */
  readonly files: readonly WrittenFile[];
  readonly corrections: readonly Correction[];
  /** Keys that the published configuration names twice; the last value was taken. */
  readonly duplicateKeys: readonly string[];
  /** Tensors of the checkpoint that are no part of the model. */
  readonly ignoredTensors: readonly string[];
}
