/**
 * Everything about a conversion that is known before its weights are read: it is checked here, so that nothing
 * is written for a checkpoint that cannot become a package, and it is what a resumed conversion goes by.
 */
import { AppError } from '../core/errors';
import type { AerieManifest } from '../formats/aerie-manifest';
import { jsonBytes } from '../formats/json';
import type { CheckpointFiles } from '../formats/package-files';
import type { PackageOutline } from '../formats/package-sink';
import type { Architecture } from '../models/architecture';
import type { Correction } from '../models/catalogue/types';
import { readConfigFile } from '../models/checkpoint-config';
import { CHAT_CONFIG_NAME } from '../models/package';
import { readHfConfig } from '../models/read-config';
import { isQuantized, logicalTensors } from '../models/tensor-plan';
import type { Rounding } from './block-quantizer';
import { chatConfig } from './chat-config';
import { type ConvertOptions, DEFAULT_ROUNDING } from './convert-options';
import { countingFiles } from './counting-files';
import { fingerprintOf, hashOfFiles } from './fingerprint';
import { NOTICE_NAME, noticeBytes, readLegalFiles } from './legal-files';
import { type OpenModel, openModel } from './open-model';
import { packageBytes } from './package-texts';
import { readTokenizer } from './read-tokenizer';
import { layoutShards, type ShardLayout } from './shard-layout';

/** Changes with the bytes that the same checkpoint becomes. */
const CONVERTER_VERSION = '2';

/** Everything that is known before the weights are read. */
export interface ConvertPlan {
  readonly architecture: Architecture;
  readonly template: string;
  readonly corrections: readonly Correction[];
  readonly duplicateKeys: readonly string[];
  readonly model: OpenModel;
  readonly layout: ShardLayout;
  readonly rounding: Rounding;
  /** Small files by name, but for the two tables of contents. */
  readonly texts: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** `aerie.json` without its list of files. */
  readonly about: Omit<AerieManifest, 'files'>;
  readonly outline: PackageOutline;
}

/** `onBytes` is told of every byte that comes in from the checkpoint, the base and the LoRA, now and later. */
export async function planConversion(
  options: ConvertOptions,
  onBytes: (bytes: number) => void,
): Promise<ConvertPlan> {
  const { quantization, rounding = DEFAULT_ROUNDING } = options;
  const counted = (files: CheckpointFiles | undefined) => files && countingFiles(files, onBytes);
  const [source, base, lora] = [counted(options.source)!, counted(options.base), counted(options.lora)];

  const published = await readConfigFile(source);
  const { config, corrections } = options.correct?.(published.config) ?? { ...published, corrections: [] };
  const architecture = readHfConfig(config, quantization);
  checkImportance(options.importance, architecture);
  const tokenizer = await readTokenizer(options.tokenizer ?? source, architecture);
  const model = await openModel({ source, base, lora }, architecture);
  const chat = chatConfig({
    architecture,
    config,
    tokenizerFiles: [...tokenizer.files.keys()],
    specials: tokenizer.specials,
    names: [options.about.name, source.origin],
    isMergedDelta: base !== undefined,
    template: options.template,
  });
  const texts = new Map([...tokenizer.files, ...(await legalTexts(options))]);
  texts.set(CHAT_CONFIG_NAME, jsonBytes(chat.json));
  const about = aboutOf(options, rounding, corrections);
  const layout = layoutShards(architecture, options.shardBytes);
  const outline: PackageOutline = {
    fingerprint: await fingerprintOf({
      about,
      identities: [source.identity, base?.identity, lora?.identity],
      texts: await hashOfFiles(texts),
      importance: await hashOfFiles(options.importance),
      shards: layout.shards.map(({ name, sizeBytes }) => [name, sizeBytes]),
    }),
    name: about.name,
    source: about.source,
    licence: about.licence,
    quantization,
    contextLength: architecture.contextLength,
    shards: layout.shards.map(({ name, sizeBytes }) => ({ name, sizeBytes })),
    sizeBytes: packageBytes(layout, texts, about),
  };
  return {
    architecture,
    template: chat.template,
    corrections,
    duplicateKeys: published.duplicateKeys,
    model,
    layout,
    rounding,
    texts,
    about,
    outline,
  };
}

/** Every vector belongs to a matrix that is quantised, and is as long as it has inputs. */
function checkImportance(importance: ConvertOptions['importance'], architecture: Architecture): void {
  const widths = new Map(logicalTensors(architecture).map(({ name, shape }) => [name, shape[1]]));
  for (const [tensor, { length }] of importance ?? []) {
    const width = widths.get(tensor);
    if (width === length) continue;
    const expected =
      width === undefined ? 'no importance: it is no matrix of the model' : `[${width}] importance`;
    throw new AppError('tensor-mismatch', { tensor, expected, actual: `[${length}] importance` });
  }
}

/** Licences and notices of the publisher, and ours unless there is one. */
async function legalTexts(options: ConvertOptions): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const { source, base, lora, about, quantization } = options;
  const files = await readLegalFiles(source);
  const legalFiles = [...files.keys()];
  if (legalFiles.some((name) => name.toLowerCase() === NOTICE_NAME.toLowerCase())) return files;
  return files.set(NOTICE_NAME, noticeBytes({ ...about, quantization, source, base, lora, legalFiles }));
}

function aboutOf(options: ConvertOptions, rounding: Rounding, corrections: readonly Correction[]) {
  const { source, base, lora, about, quantization } = options;
  const origin = (files: CheckpointFiles) => ({ source: files.origin, revision: files.revision });
  return {
    format: 1 as const,
    name: about.name,
    ...origin(source),
    licence: about.licence,
    quantization,
    ...(isQuantized(quantization) ? { rounding } : {}),
    ...(base ? { base: origin(base) } : {}),
    ...(lora ? { lora: origin(lora) } : {}),
    ...(corrections.length > 0 ? { corrections: [...corrections] } : {}),
    converterVersion: CONVERTER_VERSION,
  };
}
