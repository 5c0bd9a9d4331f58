/**
 * A folder behind any address. There is no listing, so the names a checkpoint can have are asked for: the
 * index of its weights first, which names the shards, and single weight files only where there is none.
 */
import * as v from 'valibot';
import { AppError } from '../../core/errors';
import { parseJson } from '../../formats/json';
import { isSafeFileName } from '../../formats/mlc-manifest';
import type { CheckpointFiles } from '../../formats/package-files';
import { TOKENIZER_FILES } from '../../tokenizer/create-tokenizer';
import type { HttpClient } from './http-client';
import { httpFiles, identityOf } from './http-files';
import { RemoteFile } from './remote-file';
import { SmallReads } from './small-reads';

/** The first that is there tells what the folder holds. */
const CONFIGS = ['config.json', 'params.json', 'adapter_config.json'] as const;
const WEIGHTS = [
  'model.safetensors.index.json',
  'model.safetensors',
  'pytorch_model.bin.index.json',
  'pytorch_model.bin',
] as const;
const ADAPTER_WEIGHTS = ['adapter_model.safetensors', 'adapter_model.bin'] as const;
/** Beside the weights; any of them may be absent. */
const OTHERS = [...TOKENIZER_FILES, 'generation_config.json', 'LICENSE', 'LICENSE.txt', 'NOTICE'] as const;
const AT_A_TIME = 6;
const MAX_SHARDS = 1000;

const IndexSchema = v.object({ weight_map: v.record(v.string(), v.string()) });

/**
 * `base` ends with a slash. Throws AppError `file-missing` {file} where a configuration, weights or a shard
 * that the index names are not found, `source-refused`, `source-limited`, `download-failed`,
 * `format-invalid`, `aborted`.
 */
export async function baseUrl(client: HttpClient, base: string): Promise<CheckpointFiles> {
  const smallReads = new SmallReads();
  const at = (name: string) =>
    new RemoteFile(client, smallReads, name, base + encodeURIComponent(name), undefined);
  const config = await firstThere(CONFIGS.map(at));
  const isAdapter = config.name === 'adapter_config.json';
  const weights = await firstThere((isAdapter ? ADAPTER_WEIGHTS : WEIGHTS).map(at));
  const shards = weights.name.endsWith('.index.json') ? (await shardNames(weights)).map(at) : [];
  await inTurns(shards, (file) => file.probe());
  const others = isAdapter ? [] : await whichAreThere(config, OTHERS.map(at));
  const files = [config, weights, ...shards, ...others];
  const known = files.map(({ name, sizeBytes, tag }) => [name, sizeBytes ?? 0, tag]);
  return httpFiles({ origin: base, revision: '', identity: await identityOf(['url', base, known]) }, files);
}

/** Throws the first error that says more than that a file is missing. */
async function firstThere(candidates: readonly RemoteFile[]): Promise<RemoteFile> {
  const absences: AppError[] = [];
  for (const file of candidates) {
    const absence = await seek(file);
    if (!absence) return file;
    absences.push(absence);
  }
  throw absences.find(({ code }) => code !== 'file-missing') ?? absences[0];
}

async function whichAreThere(config: RemoteFile, files: readonly RemoteFile[]) {
  const found: RemoteFile[] = [];
  let isDoubtful = false;
  await inTurns(files, async (file) => {
    const absence = await seek(file);
    if (!absence) found.push(file);
    else if (absence.code === 'download-failed') isDoubtful = true;
  });
  // The network itself may have failed: then nothing is known to be absent.
  if (isDoubtful) await config.confirm();
  return files.filter((file) => found.includes(file));
}

/**
 * Undefined: the file is there. Buckets answer 403 for a missing file, and many servers answer 404 without
 * the headers that would let a page see it, which looks like a failed connection.
 */
async function seek(file: RemoteFile): Promise<AppError | undefined> {
  try {
    await file.probe(1);
    return undefined;
  } catch (error) {
    const { code, details } = AppError.from(error);
    const isAbsence =
      code === 'file-missing' ||
      code === 'source-refused' ||
      (code === 'download-failed' && details.reason === 'network');
    if (!isAbsence) throw error;
    return AppError.from(error);
  }
}

async function shardNames(index: RemoteFile): Promise<string[]> {
  const { name } = index;
  const parsed = v.safeParse(IndexSchema, parseJson(await index.read(), name));
  const fail = (reason: string): never => {
    throw new AppError('format-invalid', { file: name, reason });
  };
  if (!parsed.success) return fail('no usable weight_map');
  const names = [...new Set(Object.values(parsed.output.weight_map))].sort();
  const unsafe = names.find((shard) => !isSafeFileName(shard) || shard.includes('/'));
  if (unsafe !== undefined) fail(`${JSON.stringify(unsafe.slice(0, 200))} is not a file name`);
  if (names.length > MAX_SHARDS) fail(`${names.length} shards`);
  return names;
}

/** A few at a time; the first error ends it. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      await work(item).catch((error: unknown) => {
        waiting.length = 0;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}
