/**
 * A publisher's checkpoint to a stored package, the whole way: config, weights, tokenizer files, chat config,
 * tables of contents. Where the files come from and go to is the caller's (a folder, the browser's store), so
 * that the page and the command line run this same code. `aerie.json` is written last: a package that has it
 * is whole. The caller throws away what was written when this throws.
 */
import { AppError } from '../core/errors';
import { AERIE_MANIFEST_NAME, type AerieManifest } from '../formats/aerie-manifest';
import { openCheckpoint } from '../formats/checkpoint';
import { sha256Hex } from '../formats/hash';
import { isRecord, jsonBytes, readJson } from '../formats/json';
import { MANIFEST_NAMES, mlcManifestJson } from '../formats/mlc-manifest';
import type { PackageFiles } from '../formats/package-files';
import type { Architecture, Quantization } from '../models/architecture';
import { CHAT_CONFIG_NAME } from '../models/package';
import { readHfConfig } from '../models/read-config';
import type { TemplateName } from '../models/templates';
import { requiredTensors } from '../models/tensor-plan';
import { createTokenizer, TOKENIZER_FILES } from '../tokenizer/create-tokenizer';
import { chatConfig } from './chat-config';
import { type ConvertProgress, convertWeights } from './convert-weights';
import { mergeDelta } from './merge-delta';
import { type PackageSink, ShardWriter, type WrittenFile } from './shard-writer';

export const CONVERTER_VERSION = '1';

export interface ConvertOptions {
  /** Folder of the checkpoint; of the delta where `base` is given. */
  readonly source: PackageFiles;
  /** Folder of the model that the delta in `source` is added to. */
  readonly base?: PackageFiles | undefined;
  /** Folder of the tokenizer files where it is not `source`. */
  readonly tokenizer?: PackageFiles | undefined;
  readonly quantization: Quantization;
  /** Name of a prompt format, instead of the one that fits the name and the config. */
  readonly template?: TemplateName | undefined;
  readonly sink: PackageSink;
  /** What `aerie.json` says about the origin. */
  readonly about: Pick<AerieManifest, 'name' | 'source' | 'revision' | 'licence'>;
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ConvertResult {
  readonly architecture: Architecture;
  /** Name of the prompt format. */
  readonly template: string;
  readonly files: readonly WrittenFile[];
}

/**
 * Throws AppError: `file-missing`, `format-invalid`, `pickle-refused`, `config-invalid`,
 * `architecture-unknown`, `tokenizer-invalid`, `tensor-missing`, `tensor-mismatch`, `delta-mismatch`, `aborted`, and what the
 * sink throws.
 */
export async function convertModel(options: ConvertOptions): Promise<ConvertResult> {
  const config = await readJson(options.source, 'config.json');
  const architecture = readHfConfig(config, options.quantization);
  const { bytes: tokenizer, specials } = await readTokenizer(
    options.tokenizer ?? options.source,
    architecture,
  );
  const checkpoint = await openCheckpoint(options.source);
  const source = options.base ? mergeDelta(checkpoint, await openCheckpoint(options.base)) : checkpoint;
  const chat = chatConfig({
    architecture,
    config: isRecord(config) ? config : {},
    tokenizerFiles: [...tokenizer.keys()],
    specials,
    names: [options.about.name, options.about.source],
    isMergedDelta: options.base !== undefined,
    template: options.template,
  });

  const writer = new ShardWriter(options.sink, requiredTensors(architecture));
  const { onProgress, signal } = options;
  await convertWeights({ source, architecture, writer, onProgress, signal });
  const { manifest, written } = writer.finish();

  const files = [...written];
  const write = async (name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    const sha256 = await sha256Hex(bytes);
    await options.sink.write(name, bytes);
    files.push({ name, sizeBytes: bytes.length, sha256 });
  };
  for (const [name, bytes] of tokenizer) await write(name, bytes);
  await write(MANIFEST_NAMES[0], jsonBytes(mlcManifestJson(manifest)));
  await write(CHAT_CONFIG_NAME, jsonBytes(chat.json));
  const aerie: AerieManifest = {
    format: 1,
    ...options.about,
    quantization: options.quantization,
    converterVersion: CONVERTER_VERSION,
    files,
  };
  await options.sink.write(AERIE_MANIFEST_NAME, jsonBytes(aerie));
  return { architecture, template: chat.template, files };
}

/** The tokenizer's files, and its special tokens: reading it proves that it is one and fits the model. */
async function readTokenizer(folder: PackageFiles, architecture: Architecture) {
  const present = new Set((await folder.list()).map(({ name }) => name));
  const bytes = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of TOKENIZER_FILES) {
    if (present.has(name)) bytes.set(name, await folder.read(name));
  }
  const tokenizer = await createTokenizer(Object.fromEntries(bytes));
  const { vocabSize, specials } = tokenizer;
  tokenizer.dispose();
  if (vocabSize > architecture.vocab) {
    const reason = `it has ${vocabSize} tokens, the model ${architecture.vocab}`;
    throw new AppError('tokenizer-invalid', { reason });
  }
  return { bytes, specials };
}
