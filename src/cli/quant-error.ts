import { partsOf } from '../convert/checkpoint-names';
import { toHalves } from '../convert/half-tables';
import { openModel } from '../convert/open-model';
import { fromHalf } from '../core/half';
import type { CheckpointSource } from '../formats/checkpoint-types';
import { storedRows } from '../kernels/cpu/stored-weights';
import { type ModelPackage, openPackage } from '../models/package';
import { type LogicalTensor, logicalTensors } from '../models/tensor-plan';
import { parseOptions, required, UsageError } from './args';
import { folderFiles } from './folder-files';
import { table } from './table';

/** Classes of matrices by the end of their name, in the order of the forward pass. */
const CLASSES: Readonly<Record<string, string>> = {
  embed_tokens: 'embedding',
  qkv_proj: 'qkv',
  o_proj: 'o',
  gate_up_proj: 'gate_up',
  down_proj: 'down',
  lm_head: 'head',
};

/** Squares of a class, or of all. */
interface Squares {
  error: number;
  weight: number;
}

/**
 * Root mean square of (stored - f16 of the checkpoint), relative to that of the checkpoint, per class of matrices
 * and package.
 */
export async function quantError(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {
    source: { type: 'string' },
    base: { type: 'string' },
    package: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
  });
  const source = folderFiles(required(options.source, '--source'));
  const base = options.base === undefined ? undefined : folderFiles(options.base);
  const folders = options.package ?? [];
  if (folders.length === 0) throw new UsageError('Option --package is required.');
  const reports: Record<string, Record<string, number>> = {};
  for (const folder of folders) {
    const model = await openPackage(folderFiles(folder));
    const opened = await openModel({ source, base, lora: undefined }, model.architecture);
    reports[folder] = await errorsOf(model, opened.source);
  }
  if (options.json) {
    console.log(JSON.stringify(reports));
    return 0;
  }
  const names = [...Object.values(CLASSES), 'all'];
  const percent = (value: number | undefined) => (value === undefined ? '' : `${(100 * value).toFixed(3)} %`);
  const rows = Object.entries(reports).map(([folder, errors]) => [
    folder,
    ...names.map((name) => percent(errors[name])),
  ]);
  console.log(table([['package', ...names], ...rows]));
  return 0;
}

async function errorsOf(model: ModelPackage, source: CheckpointSource): Promise<Record<string, number>> {
  const sums: Record<string, Squares> = { all: { error: 0, weight: 0 } };
  for (const tensor of logicalTensors(model.architecture)) {
    if (tensor.shape.length === 1) continue;
    const name = CLASSES[tensor.name.split('.').at(-1)!]!;
    const found = await squaresOf(tensor, model, source);
    sums[name] ??= { error: 0, weight: 0 };
    for (const sum of [sums[name], sums.all!]) {
      sum.error += found.error;
      sum.weight += found.weight;
    }
  }
  return Object.fromEntries(
    Object.entries(sums).map(([name, { error, weight }]) => [name, Math.sqrt(error / weight)]),
  );
}

async function squaresOf(
  tensor: LogicalTensor,
  model: ModelPackage,
  source: CheckpointSource,
): Promise<Squares> {
  const squares = { error: 0, weight: 0 };
  let row = 0;
  for (const part of partsOf(tensor, model.architecture)) {
    const { dtype } = source.tensors.get(part.name)!;
    for await (const { rowStart, rowEnd, bytes } of source.streamRows(part.name)) {
      const stored = await storedRows(model, tensor.name, row + rowStart, row + rowEnd); // [rows, in]
      const wanted = halfValues(bytes, dtype); // [rows, in]
      for (let i = 0; i < stored.length; i++) {
        squares.error += (stored[i]! - wanted[i]!) ** 2;
        squares.weight += wanted[i]! ** 2;
      }
    }
    row += part.shape[0]!;
  }
  return squares;
}

/** [n] values of a checkpoint, rounded to f16. */
function halfValues(bytes: Uint8Array<ArrayBuffer>, dtype: string): Float32Array {
  return Float32Array.from(toHalves(bytes, dtype), fromHalf);
}
