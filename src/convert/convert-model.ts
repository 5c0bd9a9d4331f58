/**
 * A publisher's checkpoint to a stored package, the whole way: config, tokenizer, weights, what has to travel
 * with them, tables of contents. Where the files come from and go to is the caller's (a hub, a folder, the
 * browser's store), so that the page and the command line run this same code. `aerie.json` is written last: a
 * package that has it is whole.
 *
 * A conversion that was cut off is started again with the same options: the sink tells which files are whole
 * already, and only the tensors of the other shards are read. Nothing of the result depends on when or in how
 * many runs it was made.
 */
import { AERIE_MANIFEST_NAME } from '../formats/aerie-manifest';
import { sha256Hex } from '../formats/hash';
import { MANIFEST_NAMES } from '../formats/mlc-manifest';
import type { WrittenFile } from '../formats/package-sink';
import { throwIfAborted, untilAborted } from './bounded-work';
import type { ConvertOptions, ConvertResult } from './convert-options';
import { type ConvertPlan, planConversion } from './convert-plan';
import { convertWeights } from './convert-weights';
import { aerieBytes, mlcManifestBytes } from './package-texts';
import { type PhaseTotals, ProgressReport } from './progress-report';
import { threadQuantizer } from './quantize-block';
import type { ShardLayout } from './shard-layout';
import { tensorBytes } from './tensor-bytes';

export type { ConvertOptions, ConvertResult } from './convert-options';

/**
 * Throws AppError: `file-missing`, `format-invalid`, `pickle-refused`, `config-invalid`,
 * `architecture-unknown`, `tokenizer-invalid`, `tensor-missing`, `tensor-mismatch`, `delta-mismatch`,
 * `base-mismatch`, `lora-mismatch`, `aborted`, and what sources, quantiser and sink throw. What the sink holds
 * by then is kept in it. Nothing is written before everything that can be checked without the weights was.
 */
export async function convertModel(options: ConvertOptions): Promise<ConvertResult> {
  const { sink, signal } = options;
  throwIfAborted(signal);
  let progress: ProgressReport | undefined;
  // Headers are read before there is anything to count them against.
  const planning = planConversion(options, (bytes) => progress?.arrived(bytes));
  const plan = await (signal ? untilAborted(planning, signal) : planning);
  throwIfAborted(signal);
  const begun = await sink.begin(plan.outline);
  progress = new ProgressReport(phaseTotals(plan), options.onProgress);
  const files = await writePackage(options, plan, begun, progress);
  const { architecture, template, corrections, duplicateKeys, model } = plan;
  const { ignoredTensors } = model;
  return { architecture, template, files, corrections, duplicateKeys, ignoredTensors };
}

/** Weights, small files, tables of contents; makes the package appear. */
async function writePackage(
  options: ConvertOptions,
  plan: ConvertPlan,
  begun: ReadonlyMap<string, WrittenFile>,
  progress: ProgressReport,
): Promise<WrittenFile[]> {
  const { sink, signal } = options;
  const { layout } = plan;
  const shards = await convertWithQuantizer(options, plan, begun, progress);
  const files = [...shards];
  const write = async (name: string, bytes: Uint8Array<ArrayBuffer>): Promise<WrittenFile> => {
    throwIfAborted(signal);
    const file = { name, sizeBytes: bytes.length, sha256: await sha256Hex(bytes) };
    if (begun.get(name)?.sha256 !== file.sha256) await sink.write(file, bytes);
    progress.add('write', bytes.length);
    progress.add('verify', bytes.length);
    progress.report(name);
    return file;
  };
  for (const [name, bytes] of plan.texts) files.push(await write(name, bytes));
  files.push(await write(MANIFEST_NAMES[0], mlcManifestBytes(layout, shards)));
  await write(AERIE_MANIFEST_NAME, aerieBytes(plan.about, files));
  throwIfAborted(signal);
  await sink.finish();
  progress.finish();
  return files;
}

async function convertWithQuantizer(
  options: ConvertOptions,
  plan: ConvertPlan,
  begun: ReadonlyMap<string, WrittenFile>,
  progress: ProgressReport,
): Promise<WrittenFile[]> {
  const { architecture, model, layout, rounding } = plan;
  const quantizer = options.quantizer ?? threadQuantizer();
  try {
    return await convertWeights({
      ...model,
      architecture,
      layout,
      rounding,
      quantizer,
      importance: options.importance,
      sink: options.sink,
      finished: finishedShards(layout, begun),
      progress,
      signal: options.signal,
    });
  } finally {
    if (options.quantizer === undefined) quantizer.dispose();
  }
}

/** Of the files that the sink holds, those that are shards as they are laid out here and have all their hashes. */
function finishedShards(
  layout: ShardLayout,
  begun: ReadonlyMap<string, WrittenFile>,
): Map<string, WrittenFile> {
  const finished = new Map<string, WrittenFile>();
  for (const { name, sizeBytes } of layout.shards) {
    const file = begun.get(name);
    if (file?.sizeBytes === sizeBytes && file.md5 !== undefined) finished.set(name, file);
  }
  return finished;
}

function phaseTotals({ model, outline }: ConvertPlan): PhaseTotals {
  const { source, usedTensors, downloadBytes, isMerged } = model;
  const sum = (bytesOf: (name: string) => number) =>
    usedTensors.reduce((total, name) => total + bytesOf(name), 0);
  const quantize = sum((name) => tensorBytes(source, name));
  return {
    download: sum(downloadBytes),
    ...(isMerged ? { merge: quantize } : {}),
    quantize,
    write: outline.sizeBytes,
    verify: outline.sizeBytes,
  };
}
