/** A small random LLaMA checkpoint in memory, and its conversion, for tests. */
import { toHalf } from '../core/half';
import type { CheckpointFiles } from '../formats/package-files';
import {
  type Bytes,
  type MemoryFolder,
  memoryFiles,
  safetensors,
  type TestTensor,
  textBytes,
} from '../formats/test-files';
import type { Quantization } from '../models/architecture';
import { type ConvertOptions, convertModel } from './convert-model';
import { MemoryPlace } from './test-sink';

export const TEST_CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 300,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 2048,
  tie_word_embeddings: false,
  bos_token_id: 1,
  eos_token_id: 2,
};
export type TestConfig = typeof TEST_CONFIG;

/** Names and shapes of the checkpoint's tensors. */
export function testShapes(c: TestConfig = TEST_CONFIG): Record<string, number[]> {
  const head = c.hidden_size / c.num_attention_heads;
  const kv = head * c.num_key_value_heads;
  const shapes: Record<string, number[]> = { 'model.embed_tokens.weight': [c.vocab_size, c.hidden_size] };
  for (let layer = 0; layer < c.num_hidden_layers; layer++) {
    const p = `model.layers.${layer}`;
    shapes[`${p}.input_layernorm.weight`] = [c.hidden_size];
    shapes[`${p}.self_attn.q_proj.weight`] = [c.hidden_size, c.hidden_size];
    shapes[`${p}.self_attn.k_proj.weight`] = [kv, c.hidden_size];
    shapes[`${p}.self_attn.v_proj.weight`] = [kv, c.hidden_size];
    shapes[`${p}.self_attn.o_proj.weight`] = [c.hidden_size, c.hidden_size];
    shapes[`${p}.post_attention_layernorm.weight`] = [c.hidden_size];
    shapes[`${p}.mlp.gate_proj.weight`] = [c.intermediate_size, c.hidden_size];
    shapes[`${p}.mlp.up_proj.weight`] = [c.intermediate_size, c.hidden_size];
    shapes[`${p}.mlp.down_proj.weight`] = [c.hidden_size, c.intermediate_size];
  }
  shapes['model.norm.weight'] = [c.hidden_size];
  shapes['lm_head.weight'] = [c.vocab_size, c.hidden_size];
  return shapes;
}

let seed = 7;
function random(): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return seed / 2 ** 32 - 0.5;
}

export function randomTensor(shape: readonly number[], dtype: TestTensor['dtype'] = 'F16'): TestTensor {
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, random);
  if (dtype === 'F32') return { dtype, shape, bytes: new Uint8Array(values.buffer) };
  const bits = new Uint32Array(values.buffer);
  const narrow = dtype === 'F16' ? Uint16Array.from(values, toHalf) : Uint16Array.from(bits, (b) => b >>> 16);
  return { dtype, shape, bytes: new Uint8Array(narrow.buffer) };
}

export function randomTensors(
  dtype: TestTensor['dtype'] = 'F16',
  config: TestConfig = TEST_CONFIG,
): Record<string, TestTensor> {
  const entries = Object.entries(testShapes(config));
  return Object.fromEntries(entries.map(([name, shape]) => [name, randomTensor(shape, dtype)]));
}

/** Byte-level BPE without merges: 256 bytes and an end token. */
function tokenizerFiles(): [string, Bytes][] {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let next = 256;
  const symbols = Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint(printable(byte) ? byte : next++),
  );
  const vocab = Object.fromEntries([...symbols, '</s>'].map((symbol, id) => [symbol, id]));
  return [
    ['vocab.json', textBytes(JSON.stringify(vocab))],
    ['merges.txt', textBytes('#version: 0.2\n')],
    ['special_tokens_map.json', textBytes('{"eos_token":"</s>"}')],
  ];
}

export function checkpointFolder(
  tensors: Readonly<Record<string, TestTensor>> = randomTensors(),
  config: object = TEST_CONFIG,
): MemoryFolder {
  return new Map([
    ['config.json', textBytes(JSON.stringify(config))],
    ['model.safetensors', safetensors(tensors)],
    ...tokenizerFiles(),
  ]);
}

/** A memory folder as a publisher's; `identity` is all that tells two contents apart. */
export function memoryCheckpoint(folder: MemoryFolder, identity = 'memory'): CheckpointFiles {
  return { ...memoryFiles(folder), origin: '', revision: '', identity };
}

/** Converts in memory and returns the package. */
export async function convertFolder(
  source: MemoryFolder,
  quantization: Quantization = 'q4f16_1',
  options: Partial<ConvertOptions> = {},
): Promise<MemoryFolder> {
  const place = new MemoryPlace();
  await convertModel({
    source: memoryCheckpoint(source),
    quantization,
    sink: place.open(),
    about: { name: 'test', licence: '' },
    ...options,
  });
  return place.finished!;
}
