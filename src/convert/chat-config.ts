/**
 * `mlc-chat-config.json`: the model's shape, prompt format and sampling defaults in the form that web-llm and
 * mlc-llm read. The keys of `model_config` are those of mlc-llm's `LlamaConfig`.
 */
import type { Architecture } from '../models/architecture';
import { type ChatTemplate, resolveTokens } from '../models/chat-template';
import { chooseFamily } from '../models/choose-family';
import { toConvTemplate } from '../models/conv-template';
import { FAMILIES } from '../models/families';
import { generationFields } from '../models/generation-defaults';
import { TEMPLATES, type TemplateName } from '../models/templates';

/** What published web-llm libraries are compiled with. */
const PREFILL_CHUNK = 1024;

export interface ChatConfigInput {
  readonly architecture: Architecture;
  /** The publisher's `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tokenizerFiles: readonly string[];
  /** Special tokens of the tokenizer, by text. */
  readonly specials: ReadonlyMap<string, number>;
  /** What may tell the family: the model's name, its repository. */
  readonly names: readonly string[];
  readonly isMergedDelta: boolean;
  /** Instead of the family's own. */
  readonly template: TemplateName | undefined;
}

/** JSON value of the file. Tells `template` as well, for those who report what was chosen. */
export function chatConfig(input: ChatConfigInput): { json: Record<string, unknown>; template: string } {
  const { architecture: a, specials } = input;
  const family = FAMILIES[chooseFamily(input)];
  const template: ChatTemplate = input.template === undefined ? family.template : TEMPLATES[input.template];
  const json = {
    version: '0.1.0',
    model_type: 'llama',
    quantization: a.quantization,
    model_config: modelConfig(a),
    vocab_size: a.vocab,
    context_window_size: a.contextLength,
    sliding_window_size: -1,
    prefill_chunk_size: Math.min(PREFILL_CHUNK, a.contextLength),
    attention_sink_size: -1,
    tensor_parallel_shards: 1,
    ...generationFields(family.defaults),
    tokenizer_files: input.tokenizerFiles,
    conv_template: toConvTemplate(template, specials),
    ...tokenIds(input.config, template, specials),
  };
  return { json, template: template.name };
}

function modelConfig(a: Architecture) {
  return {
    hidden_size: a.hidden,
    intermediate_size: a.intermediate,
    num_attention_heads: a.heads,
    num_key_value_heads: a.kvHeads,
    num_hidden_layers: a.layers,
    head_dim: a.headDim,
    rms_norm_eps: a.normEps,
    vocab_size: a.vocab,
    tie_word_embeddings: a.tiedEmbedding,
    position_embedding_base: a.ropeTheta,
    rope_scaling: a.ropeFactor === 1 ? null : { rope_type: 'linear', factor: a.ropeFactor },
    context_window_size: a.contextLength,
    prefill_chunk_size: Math.min(PREFILL_CHUNK, a.contextLength),
    tensor_parallel_shards: 1,
    max_batch_size: 1,
  };
}

/**
 * Aquila's first configs name ordinary bytes (1 and 2) as begin and end; the tokenizer's special tokens and
 * the prompt format know better, so an id that is no special token gives way to theirs.
 */
function tokenIds(
  config: Readonly<Record<string, unknown>>,
  template: ChatTemplate,
  specials: ReadonlyMap<string, number>,
) {
  const stops = resolveTokens(template.stopTokens, specials);
  const specialIds = new Set(specials.values());
  const special = (id: unknown): number | undefined =>
    typeof id === 'number' && specialIds.has(id) ? id : undefined;
  const number = (id: unknown): number | undefined => (typeof id === 'number' ? id : undefined);
  const { bos_token_id: bos, eos_token_id: eos, pad_token_id: pad } = config;
  return {
    bos_token_id: special(bos) ?? specials.get('[CLS]') ?? specials.get('<s>') ?? number(bos),
    eos_token_id: special(eos) ?? stops[0] ?? number(eos),
    pad_token_id: number(pad),
  };
}
