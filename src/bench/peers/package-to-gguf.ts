/**
 * A stored 4-bit package as a GGUF file for llama.cpp: the very same weights, so that two engines can be compared.
 * Tokens are named after their ids (`[17]`), so that an answer's text tells which tokens were drawn, and the tokens of
 * the prompt are marked as words of the user's, which are found in a text whatever stands around them.
 */
import { AppError } from '../../core/errors';
import { fromHalf } from '../../core/half';
import type { Architecture } from '../../models/architecture';
import type { ModelPackage } from '../../models/package';
import { type GgufTensor, type GgufValue, ggufHeader, paddingAfter } from './gguf';
import { Q4_0_BLOCK_BYTES, q4ZeroBlocks } from './q4-0';

const GROUP = 32;
/** Bytes of codes read at a time. */
const BLOCK_BYTES = 16 << 20;
/** llama.cpp's token types: an ordinary one, one that is never shown, a word of the user's. */
const TOKEN_TYPE = { normal: 1, control: 3, userDefined: 4 } as const;

/** Text that stands for a token in the files written here. */
function tokenName(id: number): string {
  return `[${id}]`;
}

/** A prompt as llama.cpp takes it. */
export function namedPrompt(ids: readonly number[]): string {
  return ids.map(tokenName).join('');
}

/** Ids behind a text made of token names. */
export function namedTokens(text: string): number[] {
  return Array.from(text.matchAll(/\[(\d+)\]/g), ([, id]) => Number(id));
}

type Range = readonly [columns: number, rowStart: number, rows: number];

/** A tensor of the file and where it lies in the package. */
interface Piece extends GgufTensor {
  readonly stored: string;
  /** First row in the stored tensor; its own rows are shape[1]. */
  readonly rowStart: number;
  /** Size of the heads whose rows change places, see `interleave`. */
  readonly rotatedHead?: number;
}

/**
 * The file in pieces, in order, for prompts of these ids. Throws AppError `quantization-unknown` for anything but
 * q4f16_1, and what reading the package throws.
 */
export async function* packageToGguf(
  model: ModelPackage,
  prompt: readonly number[],
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { architecture } = model;
  if (architecture.quantization !== 'q4f16_1')
    throw new AppError('quantization-unknown', { quantization: architecture.quantization });
  const pieces = plan(architecture);
  yield ggufHeader({ ...metadata(architecture), ...vocabulary(architecture, prompt) }, pieces);
  for (const piece of pieces) {
    yield* piece.type === 'f32' ? norm(model, piece) : matrix(model, piece);
    const padding = paddingAfter(piece.sizeBytes);
    if (padding > 0) yield new Uint8Array(padding);
  }
}

async function* norm(model: ModelPackage, { stored }: Piece): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const halves = new Uint16Array((await model.readTensor(`${stored}.weight`)).buffer);
  yield new Uint8Array(Float32Array.from(halves, fromHalf).buffer);
}

async function* matrix(
  model: ModelPackage,
  { stored, rowStart, rotatedHead, shape }: Piece,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const [columns = 0, rows = 0] = shape;
  const unit = rotatedHead ?? 1;
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / (columns / 2) / unit)) * unit;
  for (let done = 0; done < rows; done += blockRows) {
    const from = rowStart + done;
    const to = rowStart + Math.min(rows, done + blockRows);
    const words = await model.readTensor(`${stored}.q_weight`, from, to);
    const scales = await model.readTensor(`${stored}.q_scale`, from, to);
    const blocks = q4ZeroBlocks(new Uint32Array(words.buffer), new Uint16Array(scales.buffer));
    yield rotatedHead === undefined ? blocks : interleave(blocks, blocks.length / (to - from), rotatedHead);
  }
}

/**
 * llama.cpp rotates neighbouring rows of a head where the models rotate a row with the one half a head further, so the
 * rows of q and k change places: 0, half, 1, half + 1, ... Source: llama.cpp convert_hf_to_gguf.py, `permute`.
 */
function interleave(
  rows: Uint8Array<ArrayBuffer>,
  rowBytes: number,
  headDim: number,
): Uint8Array<ArrayBuffer> {
  const placed = new Uint8Array(rows.length);
  for (let row = 0; row < rows.length / rowBytes; row++) {
    const within = row % headDim;
    const source = row - within + (within % 2) * (headDim / 2) + Math.floor(within / 2);
    placed.set(rows.subarray(source * rowBytes, (source + 1) * rowBytes), row * rowBytes);
  }
  return placed;
}

function plan(a: Architecture): Piece[] {
  const matrix = (name: string, stored: string, [columns, rowStart, rows]: Range, rotatedHead?: number) => ({
    name: `${name}.weight`,
    stored,
    rowStart,
    shape: [columns, rows],
    type: 'q4_0' as const,
    sizeBytes: (rows * columns * Q4_0_BLOCK_BYTES) / GROUP,
    ...(rotatedHead === undefined ? {} : { rotatedHead }),
  });
  const norm = (name: string, stored: string) => ({
    name: `${name}.weight`,
    stored,
    rowStart: 0,
    shape: [a.hidden],
    type: 'f32' as const,
    sizeBytes: a.hidden * 4,
  });
  const { hidden, headDim, intermediate } = a;
  const width = a.heads * headDim;
  const kvWidth = a.kvHeads * headDim;
  const list: Piece[] = [matrix('token_embd', 'model.embed_tokens', [hidden, 0, a.vocab])];
  for (let layer = 0; layer < a.layers; layer++) {
    const block = `blk.${layer}`;
    const from = `model.layers.${layer}`;
    const qkv = `${from}.self_attn.qkv_proj`;
    const gateUp = `${from}.mlp.gate_up_proj`;
    list.push(
      norm(`${block}.attn_norm`, `${from}.input_layernorm`),
      matrix(`${block}.attn_q`, qkv, [hidden, 0, width], headDim),
      matrix(`${block}.attn_k`, qkv, [hidden, width, kvWidth], headDim),
      matrix(`${block}.attn_v`, qkv, [hidden, width + kvWidth, kvWidth]),
      matrix(`${block}.attn_output`, `${from}.self_attn.o_proj`, [width, 0, hidden]),
      norm(`${block}.ffn_norm`, `${from}.post_attention_layernorm`),
      matrix(`${block}.ffn_gate`, gateUp, [hidden, 0, intermediate]),
      matrix(`${block}.ffn_up`, gateUp, [hidden, intermediate, intermediate]),
      matrix(`${block}.ffn_down`, `${from}.mlp.down_proj`, [intermediate, 0, hidden]),
    );
  }
  list.push(norm('output_norm', 'model.norm'));
  if (!a.tiedEmbedding) list.push(matrix('output', 'lm_head', [hidden, 0, a.vocab]));
  return list;
}

function metadata(a: Architecture): Record<string, GgufValue> {
  const u32 = (value: number): GgufValue => ({ type: 'u32', value });
  const f32 = (value: number): GgufValue => ({ type: 'f32', value });
  const text = (value: string): GgufValue => ({ type: 'string', value });
  return {
    'general.architecture': text('llama'),
    'general.file_type': u32(2),
    'llama.context_length': u32(a.contextLength),
    'llama.embedding_length': u32(a.hidden),
    'llama.block_count': u32(a.layers),
    'llama.feed_forward_length': u32(a.intermediate),
    'llama.attention.head_count': u32(a.heads),
    'llama.attention.head_count_kv': u32(a.kvHeads),
    'llama.attention.key_length': u32(a.headDim),
    'llama.attention.value_length': u32(a.headDim),
    'llama.attention.layer_norm_rms_epsilon': f32(a.normEps),
    'llama.rope.dimension_count': u32(a.headDim),
    'llama.rope.freq_base': f32(a.ropeTheta),
    ...(a.ropeFactor === 1
      ? {}
      : { 'llama.rope.scaling.type': text('linear'), 'llama.rope.scaling.factor': f32(a.ropeFactor) }),
    'llama.vocab_size': u32(a.vocab),
  };
}

function vocabulary({ vocab }: Architecture, prompt: readonly number[]): Record<string, GgufValue> {
  const u32 = (value: number): GgufValue => ({ type: 'u32', value });
  const ids = Array.from({ length: vocab }, (_, id) => id);
  const end = vocab - 1;
  const isAsked = new Set(prompt);
  const typeOf = (id: number) => {
    if (id === end) return TOKEN_TYPE.control;
    return isAsked.has(id) ? TOKEN_TYPE.userDefined : TOKEN_TYPE.normal;
  };
  return {
    'tokenizer.ggml.model': { type: 'string', value: 'llama' },
    'tokenizer.ggml.tokens': { type: 'strings', values: ids.map(tokenName) },
    'tokenizer.ggml.scores': { type: 'f32s', values: ids.map(() => 0) },
    'tokenizer.ggml.token_type': { type: 'i32s', values: ids.map(typeOf) },
    'tokenizer.ggml.bos_token_id': u32(end),
    'tokenizer.ggml.eos_token_id': u32(end),
    'tokenizer.ggml.unknown_token_id': u32(end),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: false },
    'tokenizer.ggml.add_space_prefix': { type: 'bool', value: false },
  };
}
