/** Random checkpoints and packages of published shapes, for tests and benchmarks: true names, true dimensions. */
import { mkdir, readdir, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AppError } from '../core/errors';
import { weightBytes } from '../engine/weights';
import { parseOptions, required, UsageError } from './args';
import { CHANGES, RandomWeights, type WeightDtype } from './synth/random-weights';
import { LLAMA_VOCAB, SHAPE_NAMES, SHAPES, type Shape, type ShapeName, withLayers } from './synth/shapes';
import { writeTokenizer } from './synth/tokenizer';
import {
  type CheckpointFormat,
  checkpointBytes,
  type WeightSource,
  writeCheckpoint,
} from './synth/write-checkpoint';
import { writePackage } from './synth/write-package';

const DTYPES: Readonly<Record<string, WeightDtype>> = { f16: 'F16', bf16: 'BF16', f32: 'F32' };
const ITEM_BYTES: Readonly<Record<WeightDtype, number>> = { F16: 2, BF16: 2, F32: 4 };
const MEGABYTE = 1e6;

export interface SynthOrder {
  readonly shapeName: ShapeName;
  readonly shape: Shape;
  readonly out: string;
  readonly isPackage: boolean;
  readonly format: CheckpointFormat;
  readonly dtype: WeightDtype;
  /** Folder of the model that `out` is then a delta of. */
  readonly base: string | undefined;
  readonly shardBytes: number;
  readonly seed: number;
  readonly tokenizer: string | undefined;
}

export async function synth(args: readonly string[]): Promise<number> {
  const order = readOrder(args);
  const total = sizeOf(order);
  await checkFree(order.out, total);
  const started = performance.now();
  const count = progress(total);
  const sizeBytes = await writeSynth(order, count);
  const seconds = (performance.now() - started) / 1000;
  const speed = (sizeBytes / MEGABYTE / seconds).toFixed(0);
  console.log(
    `${order.out}: ${(sizeBytes / MEGABYTE).toFixed(1)} MB, ${seconds.toFixed(1)} s, ${speed} MB/s`,
  );
  return 0;
}

/** Resolves to the bytes written. Throws UsageError for a folder in use, `storage-full`, `storage-failed`, `file-missing`. */
export async function writeSynth(order: SynthOrder, onBytes: (bytes: number) => void): Promise<number> {
  const { out, shape, base, seed, dtype, format, shardBytes } = order;
  for (const folder of [out, base]) {
    if (folder !== undefined) await makeEmpty(folder);
  }
  await writeTokenizer(out, order.tokenizer);
  if (order.isPackage) {
    return writePackage({ folder: out, name: `${order.shapeName}-random`, shape, seed, onBytes });
  }
  const checkpoint = { format, shardBytes, onBytes };
  if (base === undefined) {
    const weights = new RandomWeights(seed, dtype);
    return writeCheckpoint({ ...checkpoint, folder: out, shape, weights });
  }
  const under = new RandomWeights(seed, dtype);
  const baseBytes = await writeCheckpoint({
    ...checkpoint,
    folder: base,
    shape: baseShape(shape),
    weights: under,
  });
  const weights = deltaOver(under, new RandomWeights(seed + 1, dtype, CHANGES));
  return baseBytes + (await writeCheckpoint({ ...checkpoint, folder: out, shape, weights }));
}

/** As the publisher's script leaves them: differences, except the grown vocabulary, which is whole. */
function deltaOver(base: RandomWeights, changes: RandomWeights): WeightSource {
  return {
    dtype: base.dtype,
    itemBytes: base.itemBytes,
    blocks: (name, shape) => (/embed_tokens|lm_head/.test(name) ? base : changes).blocks(name, shape),
  };
}

function baseShape(shape: Shape): Shape {
  return { ...shape, architecture: { ...shape.architecture, vocab: LLAMA_VOCAB } };
}

function readOrder(args: readonly string[]): SynthOrder {
  const values = parseOptions(args, {
    shape: { type: 'string' },
    layers: { type: 'string' },
    out: { type: 'string' },
    format: { type: 'string', default: 'safetensors' },
    dtype: { type: 'string', default: 'f16' },
    package: { type: 'string' },
    'delta-base': { type: 'string' },
    shards: { type: 'string', default: '4096' },
    seed: { type: 'string', default: '1' },
    tokenizer: { type: 'string' },
  });
  const shapeName = SHAPE_NAMES.find((name) => name === required(values.shape, '--shape'));
  if (!shapeName) throw new UsageError(`--shape is one of ${SHAPE_NAMES.join(', ')}.`);
  const { format, 'delta-base': base } = values;
  if (format !== 'safetensors' && format !== 'torch')
    throw new UsageError('--format is safetensors or torch.');
  const dtype = DTYPES[values.dtype];
  if (!dtype) throw new UsageError(`--dtype is one of ${Object.keys(DTYPES).join(', ')}.`);
  if (values.package !== undefined && values.package !== 'q4f16_1') {
    throw new AppError('quantization-unknown', { quantization: values.package });
  }
  const isPackage = values.package !== undefined;
  if (base !== undefined && (isPackage || shapeName !== 'ziya-13b')) {
    throw new UsageError('--delta-base goes with a checkpoint of ziya-13b.');
  }
  const layers = values.layers === undefined ? undefined : whole(values.layers, '--layers');
  return {
    shapeName,
    shape: withLayers(SHAPES[shapeName], layers),
    out: required(values.out, '--out'),
    isPackage,
    format,
    dtype,
    base,
    shardBytes: whole(values.shards, '--shards') * MEGABYTE,
    seed: whole(values.seed, '--seed'),
    tokenizer: values.tokenizer,
  };
}

function whole(text: string, option: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(`Option ${option} is a whole number above 0.`);
}

function sizeOf({ shape, dtype, isPackage, base }: SynthOrder): number {
  if (isPackage) return weightBytes({ ...shape.architecture, quantization: 'q4f16_1' });
  const itemBytes = ITEM_BYTES[dtype];
  const below = base === undefined ? 0 : checkpointBytes(baseShape(shape), itemBytes);
  return checkpointBytes(shape, itemBytes) + below;
}

/** Tens of gigabytes are quickly asked for. Throws `storage-full` {neededBytes, freeBytes}. */
async function checkFree(out: string, neededBytes: number): Promise<void> {
  await mkdir(dirname(resolve(out)), { recursive: true });
  const { bavail, bsize } = await statfs(dirname(resolve(out)));
  const freeBytes = bavail * bsize;
  if (neededBytes > freeBytes) throw new AppError('storage-full', { neededBytes, freeBytes });
}

async function makeEmpty(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw new UsageError(`${folder} is not empty.`);
}

/** Counts bytes; prints a line per tenth of the way. */
function progress(total: number): (bytes: number) => void {
  let done = 0;
  let tenth = 0;
  return (bytes) => {
    done += bytes;
    const now = Math.floor((10 * done) / total);
    if (now > tenth && now < 10) console.error(`${now * 10} % of ${(total / MEGABYTE).toFixed(0)} MB`);
    tenth = Math.max(tenth, now);
  };
}
