/**
 * Folds a LoRA into the checkpoint that it was trained on: W + scale * B * A, row block by row block, before
 * quantising. The LoRA may name modules as Hugging Face or as FlagAI does and need not share the checkpoint's
 * layout: both are brought to Hugging Face's names and row order first.
 */
import { AppError } from '../core/errors';
import type { CheckpointSource, CheckpointTensor } from '../formats/checkpoint-types';
import { mapRows } from '../formats/row-streams';
import { describeTensor, sameShape } from '../formats/shape';
import type { Architecture } from '../models/architecture';
import { addLowRank, type LowRank, transposed } from './add-low-rank';
import { READABLE_DTYPES } from './checkpoint-names';
import { toFloats } from './half-tables';
import { detectLayout } from './layouts/detect';
import { moduleRows, type RowView } from './layouts/layout';
import { readView, streamView } from './layouts/row-view';
import type { Lora, LoraModule } from './open-lora';

/** One module of the LoRA, for one tensor of the checkpoint. */
interface Change {
  readonly module: LoraModule;
  readonly view: RowView;
  readonly scale: number;
}

/**
 * `source` under Hugging Face's names; tensors that the LoRA changes come out as F32, the others as they were.
 * Throws AppError `lora-mismatch` {tensor, reason} where LoRA and model do not belong together. Source of the
 * rule: PEFT `tuners/lora/layer.py` (`get_delta_weight`).
 */
export function mergeLora(
  source: CheckpointSource,
  lora: Lora,
  architecture: Architecture,
): CheckpointSource {
  const changes = changesOf(source, lora, architecture);
  const tensors = new Map<string, Pick<CheckpointTensor, 'dtype' | 'shape'>>(source.tensors);
  for (const [name, { module }] of changes) {
    const { shape } = source.tensors.get(name)!;
    const dtype = module.weight === undefined ? 'F32' : lora.tensors.tensors.get(module.weight)!.dtype;
    tensors.set(name, { dtype, shape });
  }
  const { headDim } = architecture;
  /** Factors of the tensor in hand: a conversion goes from tensor to tensor. */
  let last: { name: string; factors: Promise<LowRank> } | undefined;
  const factorsOf = (name: string, change: Change): Promise<LowRank> => {
    if (last?.name !== name) {
      const factors = readFactors(lora.tensors, change, headDim);
      factors.catch(() => {
        if (last?.factors === factors) last = undefined;
      });
      last = { name, factors };
    }
    return last.factors;
  };
  const add = (name: string, factors: LowRank, bytes: Uint8Array<ArrayBuffer>, rowStart: number) => {
    const rows = toFloats(bytes, source.tensors.get(name)!.dtype); // [rows, in] f32
    addLowRank(rows, factors, rowStart);
    return new Uint8Array(rows.buffer);
  };
  return {
    tensors,
    streamRows(name, rowStart = 0, rowEnd) {
      const change = changes.get(name);
      if (change === undefined) return source.streamRows(name, rowStart, rowEnd);
      const end = rowEnd ?? source.tensors.get(name)!.shape[0]!;
      const { weight } = change.module;
      if (weight !== undefined) return streamView(lora.tensors, weight, change.view, headDim, rowStart, end);
      const factors = factorsOf(name, change);
      return mapRows(source.streamRows(name, rowStart, end), async (bytes, row) =>
        add(name, await factors, bytes, row),
      );
    },
    async readRows(name, rowStart, rowEnd) {
      const change = changes.get(name);
      if (change === undefined) return source.readRows(name, rowStart, rowEnd);
      const { weight } = change.module;
      if (weight !== undefined) return readView(lora.tensors, weight, change.view, headDim, rowStart, rowEnd);
      const [factors, bytes] = await Promise.all([
        factorsOf(name, change),
        source.readRows(name, rowStart, rowEnd),
      ]);
      return add(name, factors, bytes, rowStart);
    },
  };
}

/** By tensor of the checkpoint. Proves that every tensor of the LoRA finds its place. */
function changesOf(source: CheckpointSource, lora: Lora, architecture: Architecture): Map<string, Change> {
  const { layout, prefix } = detectLayout(lora.modules.keys());
  const views = layout.views(architecture);
  const rowsOf = moduleRows(views);
  const changes = new Map<string, Change>();
  const placed = new Set<string>();
  for (const [hfModule, view] of views) {
    const path = prefix + view.from;
    const module = lora.modules.get(path);
    if (module === undefined) continue;
    placed.add(path);
    const name = `${hfModule}.weight`;
    const target = source.tensors.get(name);
    if (target === undefined) throw mismatch((module.a ?? module.weight)!, 'the model has no such module');
    if (!READABLE_DTYPES.includes(target.dtype)) {
      throw mismatch(name, `the model holds it as ${describeTensor(target.shape, target.dtype)}`);
    }
    checkShapes(lora, path, module, [rowsOf.get(view.from)!, ...target.shape.slice(1)]);
    changes.set(name, { module, view, scale: lora.config.scaleOf(path) });
  }
  for (const [path, module] of lora.modules) {
    if (!placed.has(path)) throw mismatch((module.a ?? module.weight)!, 'the model has no such module');
  }
  return changes;
}

/** `shape` is that of the whole module, in the LoRA's own layout. */
function checkShapes(lora: Lora, path: string, module: LoraModule, shape: readonly number[]): void {
  const expectShape = (tensor: string, expected: readonly number[]): void => {
    const found = lora.tensors.tensors.get(tensor)!;
    if (sameShape(found.shape, expected) && READABLE_DTYPES.includes(found.dtype)) return;
    const actual = describeTensor(found.shape, found.dtype);
    throw mismatch(
      tensor,
      `it is ${actual}, expected ${describeTensor(expected, READABLE_DTYPES.join('|'))}`,
    );
  };
  if (module.weight !== undefined) {
    expectShape(module.weight, shape);
    return;
  }
  const [a, b] = [module.a!, module.b!];
  const [rows, width] = shape;
  if (rows === undefined || width === undefined) throw mismatch(a, 'the module is no matrix');
  if (module.isEmbedding && !/(embed_tokens|tok_embeddings|word_embeddings)$/.test(path)) {
    throw mismatch(a, 'the module is no embedding');
  }
  const r = lora.config.rankOf(path);
  expectShape(a, module.isEmbedding ? [r, rows] : [r, width]);
  expectShape(b, module.isEmbedding ? [width, r] : [rows, r]);
}

/** The two factors in f32, in the orientation of a matrix [rows, in] = left [rows, r] * right [r, in]. */
async function readFactors(tensors: CheckpointSource, change: Change, headDim: number): Promise<LowRank> {
  const { module, view, scale } = change;
  const all = async (name: string): Promise<Float32Array<ArrayBuffer>> => {
    const { shape, dtype } = tensors.tensors.get(name)!;
    return toFloats(await tensors.readRows(name, 0, shape[0]!), dtype);
  };
  const { shape, dtype } = tensors.tensors.get(module.b!)!;
  if (module.isEmbedding) {
    const [a, b] = await Promise.all([all(module.a!), all(module.b!)]); // [r, rows], [in, r] f32
    const rank = shape[1]!;
    return { left: transposed(a, rank), right: transposed(b, shape[0]!), rank, scale };
  }
  const [right, left] = await Promise.all([
    all(module.a!),
    readView(tensors, module.b!, view, headDim, 0, view.rows),
  ]);
  return { left: toFloats(left, dtype), right, rank: shape[1]!, scale };
}

function mismatch(tensor: string, reason: string): AppError {
  return new AppError('lora-mismatch', { tensor, reason });
}
