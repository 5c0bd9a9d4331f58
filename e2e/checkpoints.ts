/** Checkpoints for the journeys, as publishers leave them, and what the command line makes of them. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { sharedPath } from '../src/tasks/shared-data';

/** Name of a file and its SHA-256 in hex. */
export type Hashes = Readonly<Record<string, string>>;

/** A folder that is gone when the journeys end. */
export function scratchFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'aerie-convert-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs `aerie convert` and returns the hashes of the package's files. */
export async function convertByCommand(options: readonly string[], out: string): Promise<Hashes> {
  const root = resolve(import.meta.dirname, '..');
  await promisify(execFile)(process.execPath, ['src/cli/aerie.mjs', 'convert', ...options, '--out', out], {
    cwd: root,
  });
  return hashesOf(out);
}

export function hashesOf(folder: string): Hashes {
  const hash = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return Object.fromEntries(readdirSync(folder).map((name) => [name, hash(name)]));
}

/** Copies folders of the shared fixtures on top of each other; undefined on a machine without them. */
export function fixtureFolder(target: string, ...parts: readonly string[][]): string | undefined {
  for (const part of parts) {
    const source = sharedPath(...part);
    if (!source) return undefined;
    cpSync(source, target, { recursive: true, filter: (path) => !/golden[^/]*$/.test(path) });
  }
  return target;
}

const HIDDEN = 512;
const ROWS = 60_000;

/**
 * A checkpoint without sense but with weights enough for two shards of an unquantised package: one layer around
 * an embedding and a head of 61 MB each, in float16. The tokenizer is a tiny one.
 */
export function bigCheckpoint(target: string, tokenizer: string): void {
  mkdirSync(target, { recursive: true });
  for (const name of ['vocab.json', 'merges.txt', 'tokenizer_config.json'])
    cpSync(join(tokenizer, name), join(target, name));
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: HIDDEN,
    intermediate_size: 2 * HIDDEN,
    num_hidden_layers: 1,
    num_attention_heads: 4,
    num_key_value_heads: 4,
    vocab_size: ROWS,
    rms_norm_eps: 1e-5,
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
  };
  writeFileSync(join(target, 'config.json'), JSON.stringify(config));
  writeFileSync(join(target, 'model.safetensors'), safetensors(tensorShapes()));
}

function tensorShapes(): Readonly<Record<string, readonly number[]>> {
  const layer = 'model.layers.0.';
  const square = Object.fromEntries(
    ['q', 'k', 'v', 'o'].map((part) => [`${layer}self_attn.${part}_proj.weight`, [HIDDEN, HIDDEN]]),
  );
  return {
    'model.embed_tokens.weight': [ROWS, HIDDEN],
    [`${layer}input_layernorm.weight`]: [HIDDEN],
    ...square,
    [`${layer}post_attention_layernorm.weight`]: [HIDDEN],
    [`${layer}mlp.gate_proj.weight`]: [2 * HIDDEN, HIDDEN],
    [`${layer}mlp.up_proj.weight`]: [2 * HIDDEN, HIDDEN],
    [`${layer}mlp.down_proj.weight`]: [HIDDEN, 2 * HIDDEN],
    'model.norm.weight': [HIDDEN],
    'lm_head.weight': [ROWS, HIDDEN],
  };
}

/** Tensors of seeded small float16 numbers, one after another. */
function safetensors(shapes: Readonly<Record<string, readonly number[]>>): Buffer {
  let end = 0;
  const header = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const start = end;
      end += 2 * shape.reduce((product, size) => product * size, 1);
      return [name, { dtype: 'F16', shape, data_offsets: [start, end] }];
    }),
  );
  const text = Buffer.from(JSON.stringify(header));
  const file = Buffer.alloc(8 + text.length + end);
  file.writeBigUInt64LE(BigInt(text.length));
  text.copy(file, 8);
  let seed = 1;
  for (let at = 8 + text.length; at < file.length; at += 2) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    // Sign and eleven bits below an exponent that keeps it between 2^-6 and 2^-3.
    file.writeUInt16LE(((seed >>> 16) & 0x83ff) | 0x2400 | (((seed >>> 8) & 3) << 10), at);
  }
  return file;
}
