/** A package small enough to be made in a test: one layer, a tokenizer of plain bytes, and the prompt of AquilaChat2. */

import { AppError } from '../core/errors';
import { AERIE_MANIFEST_NAME } from '../formats/aerie-manifest';
import { md5Hex, sha256Hex } from '../formats/hash';
import { jsonBytes } from '../formats/json';
import { mlcManifestJson, type Shard, type StoredTensor } from '../formats/mlc-manifest';
import type { PackageFiles } from '../formats/package-files';
import { elementCount } from '../formats/shape';
import { BYTE_CHARS } from '../tokenizer/byte-alphabet';
import type { Architecture } from './architecture';
import { toConvTemplate } from './conv-template';
import { TEMPLATES } from './templates';
import { requiredTensors } from './tensor-plan';

export const TEST_SPECIALS = new Map([
  ['</s>', 256],
  ['<|startofpiece|>', 257],
  ['<|endofpiece|>', 258],
]);

export const TEST_ARCHITECTURE: Architecture = {
  layers: 1,
  hidden: 64,
  heads: 2,
  kvHeads: 1,
  headDim: 32,
  intermediate: 64,
  // One row more than there are tokens.
  vocab: 260,
  normEps: 1e-5,
  ropeTheta: 10_000,
  ropeFactor: 1,
  tiedEmbedding: false,
  contextLength: 256,
  quantization: 'q0f32',
};

export interface TestPackage {
  /** Bytes by name; tests break them as they like. */
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
}

/** @param withAerie with `aerie.json` (SHA-256 of all files), or as MLC's own tools leave it (MD5 of shards). */
export async function testPackage(withAerie = true, name = 'Test Model'): Promise<TestPackage> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const shards: Shard[] = [];
  const tensors = new Map<string, StoredTensor>();
  // Two shards: the embedding, and everything else.
  const groups = [['model.embed_tokens.weight'], [] as string[]];
  for (const spec of requiredTensors(TEST_ARCHITECTURE))
    if (!groups[0]!.includes(spec.name)) groups[1]!.push(spec.name);
  for (const [index, group] of groups.entries()) {
    const shard = `params_shard_${index}.bin`;
    let end = 0;
    for (const spec of requiredTensors(TEST_ARCHITECTURE).filter((entry) => group.includes(entry.name))) {
      const sizeBytes = elementCount(spec.shape)! * 4;
      tensors.set(spec.name, {
        shape: spec.shape,
        dtype: spec.dtype,
        shard,
        byteOffset: end,
        sizeBytes,
        format: 'raw',
      });
      end += sizeBytes;
    }
    const bytes = new Uint8Array(end).map((_, at) => (at * 7 + index) % 64);
    files.set(shard, bytes);
    shards.push({ name: shard, sizeBytes: end, md5: md5Hex(bytes) });
  }
  files.set('tensor-cache.json', jsonBytes(mlcManifestJson({ shards, tensors })));
  files.set('mlc-chat-config.json', jsonBytes(chatConfig()));
  files.set('tokenizer.json', jsonBytes(tokenizerJson()));
  if (withAerie) {
    const listed = await Promise.all(
      [...files].map(async ([file, bytes]) => ({
        name: file,
        sizeBytes: bytes.length,
        sha256: await sha256Hex(bytes),
      })),
    );
    const about = {
      format: 1,
      name,
      source: 'test',
      revision: '1',
      licence: 'CC0-1.0',
      quantization: 'q0f32',
    };
    files.set(AERIE_MANIFEST_NAME, jsonBytes({ ...about, converterVersion: '0', files: listed }));
  }
  return { files };
}

export function memoryFiles(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): PackageFiles {
  const read = async (name: string) => {
    const bytes = files.get(name);
    if (!bytes) throw new AppError('file-missing', { file: name });
    return bytes.slice();
  };
  return {
    list: async () => [...files].map(([name, bytes]) => ({ name, sizeBytes: bytes.length })),
    read,
    readRange: async (name, start, end) => (await read(name)).slice(start, end),
  };
}

function chatConfig() {
  const a = TEST_ARCHITECTURE;
  return {
    model_type: 'llama',
    quantization: a.quantization,
    vocab_size: a.vocab,
    context_window_size: a.contextLength,
    model_config: {
      hidden_size: a.hidden,
      intermediate_size: a.intermediate,
      num_attention_heads: a.heads,
      num_key_value_heads: a.kvHeads,
      num_hidden_layers: a.layers,
      head_dim: a.headDim,
      rms_norm_eps: a.normEps,
      vocab_size: a.vocab,
      tie_word_embeddings: a.tiedEmbedding,
    },
    temperature: 0.5,
    top_p: 0.9,
    tokenizer_files: ['tokenizer.json'],
    conv_template: toConvTemplate(TEMPLATES['aquila-v1'], TEST_SPECIALS),
    aerie: { max_tokens: 100 },
  };
}

/** Byte b is token b. */
function tokenizerJson() {
  const vocab = Object.fromEntries(Array.from({ length: 256 }, (_, byte) => [BYTE_CHARS[byte]!, byte]));
  const level = { type: 'ByteLevel', add_prefix_space: false, use_regex: true };
  return {
    model: { type: 'BPE', vocab, merges: [] },
    pre_tokenizer: level,
    decoder: level,
    added_tokens: [...TEST_SPECIALS].map(([content, id]) => ({ content, id, special: true })),
  };
}
