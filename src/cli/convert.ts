/**
 * A published checkpoint to a package folder. What was done stays when it is stopped or fails for a reason that
 * passes: the same command goes on from there. See folder-sink.ts for where it stays.
 */
import type { BlockQuantizer } from '../convert/block-quantizer';
import { type ConvertOptions, type ConvertResult, convertModel } from '../convert/convert-model';
import { AppError } from '../core/errors';
import type { CheckpointFiles } from '../formats/package-files';
import type { PackageOutline, WrittenFile } from '../formats/package-sink';
import { catalogueEntryFor } from '../models/catalogue';
import { checkShape, correctConfig } from '../models/catalogue/corrections';
import { LICENCES } from '../models/catalogue/licences';
import type { CatalogueModel } from '../models/catalogue/types';
import { readHfConfig } from '../models/read-config';
import { CORRECTION_TEXT } from './catalogue-text';
import { type ConvertArguments, nameOfSource, readArguments } from './convert-arguments';
import { type ProgressLine, progressLine } from './convert-progress';
import { type FolderSink, folderSink } from './folder-sink';
import { readImportance } from './importance-file';
import { openCheckpointFiles } from './open-checkpoint';

export async function convert(args: readonly string[]): Promise<number> {
  const options = await readArguments(args);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const sink = folderSink(options.out);
  const progress = progressLine();
  const started = performance.now();
  try {
    if (options.isRestart) await sink.discard();
    const result = await run(options, sink, progress, stop.signal);
    progress.end();
    report(options, result, (performance.now() - started) / 1000);
    return 0;
  } catch (error) {
    progress.end();
    await leave(sink, AppError.from(error));
    throw error;
  } finally {
    await sink.close();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

interface Converted extends ConvertResult {
  readonly name: string;
}

async function run(
  options: ConvertArguments,
  sink: FolderSink,
  progress: ProgressLine,
  signal: AbortSignal,
): Promise<Converted> {
  const open = async (text: string | undefined) =>
    text === undefined ? undefined : await openCheckpointFiles(text, { token: options.token, signal });
  const source = withOrigin((await open(options.source))!, options);
  const known = catalogueEntryFor({ origin: source.origin, name: options.name, revision: source.revision });
  const name = options.name ?? known?.name ?? nameOfSource(options.source);
  const licence = options.licence ?? (known ? LICENCES[known.licence].shortName : '');
  const [base, lora] = [await open(options.base), await open(options.lora)];
  const quantizer = await quantizerFor([source, base]);
  const conversion = convertModel({
    source,
    base,
    lora,
    quantizer,
    tokenizer: await open(options.tokenizer),
    quantization: options.quantization,
    rounding: options.rounding,
    importance: options.importance === undefined ? undefined : await readImportance(options.importance),
    template: options.template,
    shardBytes: options.shardBytes,
    about: { name, licence },
    correct: correctionsFor(options, source),
    sink: { ...methodsOf(sink), begin: async (outline) => begin(sink, outline) },
    onProgress: progress.show,
    signal,
  });
  return { ...(await conversion.finally(() => quantizer?.dispose())), name };
}

/** For less than this, Vite takes longer to load than the threads that it builds could save. */
const SMALL_BYTES = 32 << 20;

/** Threads for a large checkpoint; undefined: the calling thread will do. */
async function quantizerFor(
  folders: readonly (CheckpointFiles | undefined)[],
): Promise<BlockQuantizer | undefined> {
  const files = (await Promise.all(folders.map(async (folder) => (await folder?.list()) ?? []))).flat();
  const sizeBytes = files.reduce((sum, file) => sum + (file.sizeBytes ?? SMALL_BYTES), 0);
  return sizeBytes < SMALL_BYTES ? undefined : (await import('./node-quantizer')).nodeQuantizer(sizeBytes);
}

/** What the user says about the origin of a folder, in place of the folder's name. */
function withOrigin(files: CheckpointFiles, { origin, revision }: ConvertArguments): CheckpointFiles {
  if (origin === undefined && revision === undefined) return files;
  const said = { origin: origin ?? files.origin, revision: revision ?? files.revision };
  return Object.defineProperties({} as CheckpointFiles, {
    ...Object.getOwnPropertyDescriptors(files),
    ...Object.getOwnPropertyDescriptors(said),
  });
}

/** The catalogue's corrections; a config with the shapes of another model is refused. */
function correctionsFor(options: ConvertArguments, source: CheckpointFiles): ConvertOptions['correct'] {
  return (config) => {
    const vocab = typeof config.vocab_size === 'number' ? config.vocab_size : undefined;
    const { origin, revision } = source;
    const model: CatalogueModel | undefined = catalogueEntryFor({
      origin,
      name: options.name,
      revision,
      vocab,
    });
    const corrected = correctConfig(model, config);
    checkShape(model, readHfConfig(corrected.config, options.quantization));
    return corrected;
  };
}

function methodsOf(sink: FolderSink) {
  return { write: sink.write.bind(sink), finish: sink.finish.bind(sink) };
}

/** Tells from where an unfinished conversion goes on. */
async function begin(sink: FolderSink, outline: PackageOutline): Promise<ReadonlyMap<string, WrittenFile>> {
  const found = await sink.begin(outline);
  const done = outline.shards.filter(({ name }) => found.has(name));
  if (sink.droppedFiles > 0) {
    console.error(
      'What an unfinished conversion had left here was of other files or options; it was dropped.',
    );
  }
  if (found.size > 0) {
    const bytes = done.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const of = `${megabytes(bytes)} of ${megabytes(outline.sizeBytes)} MB`;
    console.error(`Going on: ${done.length} of ${outline.shards.length} shards are there (${of}).`);
  }
  return found;
}

/** A checkpoint whose numbers are bad will be so the next time: nothing of it is worth keeping. */
async function leave(sink: FolderSink, error: AppError): Promise<void> {
  if (error.code === 'tensor-mismatch') return sink.discardOwn();
  if (sink.isWorthKeeping) {
    console.error('What is done is kept: the same command goes on from there, --restart begins anew.');
  }
}

function report({ out, json }: ConvertArguments, result: Converted, seconds: number): void {
  const { name, files, architecture, template, corrections, duplicateKeys, ignoredTensors } = result;
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  if (json) {
    const facts = { architecture, corrections, duplicateKeys, ignoredTensors, files };
    console.log(JSON.stringify({ out, name, template, sizeBytes, seconds, ...facts }));
    return;
  }
  for (const { field, published, corrected, reason } of corrections) {
    const change = `${JSON.stringify(published) ?? 'absent'} -> ${JSON.stringify(corrected) ?? 'absent'}`;
    console.log(`Corrected ${field}: ${change} (${CORRECTION_TEXT[reason]})`);
  }
  if (duplicateKeys.length > 0) {
    console.log(`The configuration names these twice, the last value was taken: ${duplicateKeys.join(', ')}`);
  }
  if (ignoredTensors.length > 0) console.log(`No part of the model, left out: ${ignoredTensors.join(', ')}`);
  const size = `${files.length + 1} files, ${megabytes(sizeBytes)} MB, ${seconds.toFixed(1)} s`;
  console.log(`${out}: ${size}, prompt format ${template}`);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
