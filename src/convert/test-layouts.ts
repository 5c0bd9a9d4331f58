/**
 * Copies of a Hugging Face checkpoint in other forms, for tests and journeys: FlagAI's layouts, and a base with a
 * LoRA that together are the original again. Runs wherever TypeScript runs; everything in memory.
 */
import { fromBfloat, fromHalf } from '../core/half';
import { openCheckpoint } from '../formats/checkpoint';
import type { CheckpointSource } from '../formats/checkpoint-types';
import type { PackageFiles } from '../formats/package-files';
import {
  type Bytes,
  concat,
  type MemoryFolder,
  type PickledTensor,
  pickle,
  pickledDict,
  pickledTensor,
  rawSafetensors,
  textBytes,
  torchZip,
} from '../formats/test-files';
import { readConfigFile } from '../models/checkpoint-config';
import { readHfConfig } from '../models/read-config';
import { FLAGAI_LAYOUT, FLASH_LAYOUT } from './layouts/flagai';
import { HF_LAYOUT } from './layouts/hf';
import type { Layout, RowView } from './layouts/layout';

const LAYOUTS: Readonly<Record<Layout['id'], Layout>> = {
  hf: HF_LAYOUT,
  flagai: FLAGAI_LAYOUT,
  flash: FLASH_LAYOUT,
};

interface Plain {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Bytes;
}
type Tensors = Map<string, Plain>;

export interface FlagaiOptions {
  /** `flash` has q, k, v and gate, up fused. */
  readonly layout?: 'flagai' | 'flash';
  /** The dictionary lies under `module`, beside a step count and an optimizer's state. */
  readonly isNested?: boolean;
  readonly format?: 'torch' | 'safetensors';
  readonly configName?: 'config.json' | 'params.json';
}

/** The same model as FlagAI would save it: one weight file and its own configuration. */
export async function flagaiCopy(files: PackageFiles, options: FlagaiOptions = {}): Promise<MemoryFolder> {
  const { layout = 'flagai', isNested = true, format = 'torch', configName = 'config.json' } = options;
  const { config } = await readConfigFile(files);
  const a = readHfConfig(config, 'q0f16');
  const source = await openCheckpoint(files);
  const parts = new Map<string, { view: RowView; tensor: Plain }[]>();
  for (const [module, view] of LAYOUTS[layout].views(a)) {
    const tensor = await readWhole(source, `${module}.weight`);
    parts.set(view.from, [...(parts.get(view.from) ?? []), { view, tensor }]);
  }
  const tensors: Tensors = new Map();
  for (const [name, list] of parts) {
    const sorted = list.sort((x, y) => x.view.rowStart - y.view.rowStart);
    const bytes = concat(
      ...sorted.map(({ view, tensor }) => (view.interleaved ? joinPairs(tensor, a.headDim) : tensor.bytes)),
    );
    const rows = sorted.reduce((sum, { tensor }) => sum + tensor.shape[0]!, 0);
    const { dtype, shape } = sorted[0]!.tensor;
    tensors.set(`${name}.weight`, { dtype, shape: [rows, ...shape.slice(1)], bytes });
  }
  const weights: [string, Bytes] =
    format === 'torch'
      ? ['pytorch_model.bin', torchFile(tensors, isNested)]
      : ['model.safetensors', safetensorsFile(tensors)];
  const json = {
    dim: a.hidden,
    multiple_of: multipleOf(a.hidden, a.intermediate),
    n_heads: a.heads,
    n_kv_heads: a.kvHeads,
    n_layers: a.layers,
    norm_eps: a.normEps,
    vocab_size: a.vocab,
    max_seq_len: a.contextLength,
    flash_atten: false,
  };
  return new Map([[configName, textBytes(JSON.stringify(json))], weights]);
}

export interface LoraOptions {
  readonly rank: number;
  readonly alpha: number;
  /** Naming and row order of the LoRA; the base stays Hugging Face's. */
  readonly layout?: Layout['id'];
  readonly format?: 'torch' | 'safetensors';
  /** Modules of each layer under Hugging Face's names; q_proj and v_proj alone are what FlagAI trains. */
  readonly targets?: readonly string[];
  /** More fields of adapter_config.json. */
  readonly config?: Readonly<Record<string, unknown>>;
}

const PROJECTIONS = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];

/**
 * A LoRA of random numbers and a base without what it adds (in float32): merged they are the original checkpoint,
 * to the last bit of float16. The product is taken away in double precision, by the definition.
 */
export async function loraFor(
  files: PackageFiles,
  options: LoraOptions,
): Promise<{ base: MemoryFolder; lora: MemoryFolder }> {
  const { rank, alpha, layout = 'hf', format = 'safetensors', targets = PROJECTIONS } = options;
  const { config } = await readConfigFile(files);
  const a = readHfConfig(config, 'q0f16');
  const source = await openCheckpoint(files);
  const base: Tensors = new Map();
  for (const name of source.tensors.keys()) base.set(name, await readWhole(source, name));

  const random = generator(rank * 1000 + alpha);
  const halves = new Map<string, { a: Plain; b: { view: RowView; tensor: Plain }[] }>();
  for (const [module, view] of LAYOUTS[layout].views(a)) {
    if (!targets.some((target) => module === target || module.endsWith(`.${target}`))) continue;
    const name = `${module}.weight`;
    const weight = base.get(name)!;
    const [rows, width] = weight.shape as [number, number];
    const low = halves.get(view.from) ?? { a: randomMatrix([rank, width], random), b: [] };
    const b = randomMatrix([rows, rank], random);
    low.b.push({ view, tensor: b });
    halves.set(view.from, low);
    base.set(name, without(weight, low.a, b, alpha / rank));
  }
  const tensors: Tensors = new Map();
  for (const [path, { a: low, b }] of halves) {
    const sorted = b.sort((x, y) => x.view.rowStart - y.view.rowStart);
    const bytes = sorted.map(({ view, tensor }) =>
      view.interleaved ? joinPairs(tensor, a.headDim) : tensor.bytes,
    );
    const rows = sorted.reduce((sum, { tensor }) => sum + tensor.shape[0]!, 0);
    tensors.set(`base_model.model.${path}.lora_A.weight`, low);
    tensors.set(`base_model.model.${path}.lora_B.weight`, {
      dtype: 'F32',
      shape: [rows, rank],
      bytes: concat(...bytes),
    });
  }
  const adapter = {
    peft_type: 'LORA',
    r: rank,
    lora_alpha: alpha,
    lora_dropout: 0.05,
    bias: 'none',
    fan_in_fan_out: false,
    target_modules: layout === 'flagai' ? ['wq', 'wv'] : targets,
    ...options.config,
  };
  return {
    base: new Map([
      ['config.json', textBytes(JSON.stringify(config))],
      ['model.safetensors', safetensorsFile(base)],
    ]),
    lora: new Map([
      ['adapter_config.json', textBytes(JSON.stringify(adapter))],
      format === 'torch'
        ? ['adapter_model.bin', torchFile(tensors, false)]
        : ['adapter_model.safetensors', safetensorsFile(tensors)],
    ]),
  };
}

async function readWhole(source: CheckpointSource, name: string): Promise<Plain> {
  const { dtype, shape } = source.tensors.get(name)!;
  return { dtype, shape, bytes: await source.readRows(name, 0, shape[0]!) };
}

/** Rows (p, p + headDim / 2) of each head side by side: the way back from Hugging Face's order. */
function joinPairs({ shape, bytes }: Plain, headDim: number): Bytes {
  const rowBytes = bytes.length / shape[0]!;
  const row = (index: number) => bytes.subarray(index * rowBytes, (index + 1) * rowBytes);
  const order = Array.from({ length: shape[0]! }, (_, i) => {
    const head = Math.floor(i / headDim) * headDim;
    const inHead = i - head;
    return head + Math.floor(inHead / 2) + (inHead % 2) * (headDim / 2);
  });
  return concat(...order.map(row));
}

function multipleOf(hidden: number, intermediate: number): number {
  const least = Math.floor((8 * hidden) / 3);
  for (let multiple = 256; multiple > 1; multiple /= 2) {
    if (Math.ceil(least / multiple) * multiple === intermediate) return multiple;
  }
  return intermediate;
}

/** W - scale * B * A as F32. */
function without(weight: Plain, low: Plain, high: Plain, scale: number): Plain {
  const [rows, width] = weight.shape as [number, number];
  const rank = low.shape[0]!;
  const [w, a, b] = [valuesOf(weight), valuesOf(low), valuesOf(high)];
  const out = new Float32Array(rows * width); // [rows, width]
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += b[row * rank + k]! * a[k * width + column]!;
      out[row * width + column] = w[row * width + column]! - scale * sum;
    }
  }
  return { dtype: 'F32', shape: weight.shape, bytes: new Uint8Array(out.buffer) };
}

function valuesOf({ dtype, bytes }: Plain): ArrayLike<number> {
  if (dtype === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const bits = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  return Array.from(bits, dtype === 'BF16' ? fromBfloat : fromHalf);
}

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
}

function randomMatrix(shape: readonly [number, number], random: () => number): Plain {
  const values = Float32Array.from({ length: shape[0] * shape[1] }, () => 0.1 * random());
  return { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) };
}

/** The same checkpoint, its configuration included, as PyTorch files; `shards` of them by their index. */
export async function torchCopy(files: PackageFiles, shards = 1): Promise<MemoryFolder> {
  const source = await openCheckpoint(files);
  const names = [...source.tensors.keys()];
  const fileOf = (index: number) =>
    shards === 1 ? 'pytorch_model.bin' : `pytorch_model-${index % shards}.bin`;
  const copy: MemoryFolder = new Map([['config.json', await files.read('config.json')]]);
  for (const file of new Set(names.map((_, index) => fileOf(index)))) {
    const held = names.filter((_, index) => fileOf(index) === file);
    const tensors = await Promise.all(
      held.map(async (name) => [name, await readWhole(source, name)] as const),
    );
    copy.set(file, torchFile(new Map(tensors), false));
  }
  if (shards > 1) {
    const weight_map = Object.fromEntries(names.map((name, index) => [name, fileOf(index)]));
    copy.set('pytorch_model.bin.index.json', textBytes(JSON.stringify({ weight_map })));
  }
  return copy;
}

function safetensorsFile(tensors: Tensors): Bytes {
  let end = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] };
    end += bytes.length;
  }
  return rawSafetensors(header, concat(...[...tensors.values()].map(({ bytes }) => bytes)));
}

const STORAGES: Readonly<Record<string, string>> = {
  F16: 'HalfStorage',
  BF16: 'BFloat16Storage',
  F32: 'FloatStorage',
};

function torchFile(tensors: Tensors, isNested: boolean): Bytes {
  const entries = [...tensors].map(([name, { dtype, shape, bytes }], index) => {
    const elements = shape.reduce((product, size) => product * size, 1);
    const strides = shape.map((_, axis) =>
      shape.slice(axis + 1).reduce((product, size) => product * size, 1),
    );
    const described: PickledTensor = {
      storage: String(index),
      storageType: STORAGES[dtype]!,
      elements,
      shape,
      strides,
    };
    return { name, value: pickledTensor(described), storage: [String(index), bytes] as const };
  });
  const dict = Object.fromEntries(entries.map(({ name, value }) => [name, value]));
  const storages = Object.fromEntries(entries.map(({ storage }) => storage));
  if (!isNested) return torchZip(pickledDict(dict), storages);
  const items = Object.entries(dict).flatMap(([name, value]) => [pickle.text(name), value]);
  const module = concat(pickle.emptyOrderedDict, pickle.mark, ...items, pickle.setItems);
  return torchZip(
    pickledDict({ module, global_steps: pickle.int(1182), mp_world_size: pickle.int(1) }),
    storages,
  );
}
