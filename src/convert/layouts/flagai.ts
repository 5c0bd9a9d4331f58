import type { Architecture } from '../../models/architecture';
import { type Layout, type RowView, whole } from './layout';

/**
 * The first layout of FlagAI (Aquila v1 on ModelHub), which names things as Meta's LLaMA does.
 * Source: FlagAI `flagai/model/aquila_model.py`, `script/convert_aquila_weights_to_hf.py`.
 */
export const FLAGAI_LAYOUT: Layout = {
  id: 'flagai',
  probe: /^(.*?)layers\.\d+\.(?:attention|feed_forward|attention_norm|ffn_norm)\b/,
  views(a) {
    return new Map([
      ['model.embed_tokens', whole('tok_embeddings', a.vocab)],
      ...layers(a, layerViews),
      ['model.norm', whole('norm', a.hidden)],
      ['lm_head', whole('output', a.vocab)],
    ]);
  },
};

/**
 * The layout of FlagAI's training with flash-attention: q, k and v are one matrix (rows q; k; v), up and gate
 * are another (rows up; gate, in this order), and the rows of q and k are interleaved as above.
 * Source: FlagAI `examples/Aquila/Aquila-sql/metric/s1_convert_flash2flagai.py`.
 */
export const FLASH_LAYOUT: Layout = {
  id: 'flash',
  probe: /^(.*?)transformer\.layers\.\d+\.(?:mixer|mlp|norm[12])\b/,
  views(a) {
    return new Map([
      ['model.embed_tokens', whole('transformer.embeddings.word_embeddings', a.vocab)],
      ...layers(a, flashLayerViews),
      ['model.norm', whole('transformer.ln_f', a.hidden)],
      ['lm_head', whole('lm_head', a.vocab)],
    ]);
  },
};

type LayerViews = (a: Architecture, layer: number) => readonly [string, RowView][];

function layers(a: Architecture, viewsOf: LayerViews): [string, RowView][] {
  return Array.from({ length: a.layers }, (_, layer) =>
    viewsOf(a, layer).map(([name, view]): [string, RowView] => [`model.layers.${layer}.${name}`, view]),
  ).flat();
}

function layerViews(a: Architecture, layer: number): readonly [string, RowView][] {
  const prefix = `layers.${layer}`;
  const rotated = (from: string, heads: number): RowView => ({
    ...whole(`${prefix}.attention.${from}`, heads * a.headDim),
    interleaved: true,
  });
  return [
    ['input_layernorm', whole(`${prefix}.attention_norm`, a.hidden)],
    ['self_attn.q_proj', rotated('wq', a.heads)],
    ['self_attn.k_proj', rotated('wk', a.kvHeads)],
    ['self_attn.v_proj', whole(`${prefix}.attention.wv`, a.kvHeads * a.headDim)],
    ['self_attn.o_proj', whole(`${prefix}.attention.wo`, a.hidden)],
    ['post_attention_layernorm', whole(`${prefix}.ffn_norm`, a.hidden)],
    ['mlp.gate_proj', whole(`${prefix}.feed_forward.w1`, a.intermediate)],
    ['mlp.up_proj', whole(`${prefix}.feed_forward.w3`, a.intermediate)],
    ['mlp.down_proj', whole(`${prefix}.feed_forward.w2`, a.hidden)],
  ];
}

function flashLayerViews(a: Architecture, layer: number): readonly [string, RowView][] {
  const prefix = `transformer.layers.${layer}`;
  const [q, kv] = [a.heads * a.headDim, a.kvHeads * a.headDim];
  const fused = (rowStart: number, rows: number, interleaved: boolean): RowView => ({
    from: `${prefix}.mixer.Wqkv`,
    rowStart,
    rows,
    interleaved,
  });
  const fc1 = (rowStart: number): RowView => ({
    from: `${prefix}.mlp.fc1`,
    rowStart,
    rows: a.intermediate,
    interleaved: false,
  });
  return [
    ['input_layernorm', whole(`${prefix}.norm1`, a.hidden)],
    ['self_attn.q_proj', fused(0, q, true)],
    ['self_attn.k_proj', fused(q, kv, true)],
    ['self_attn.v_proj', fused(q + kv, kv, false)],
    ['self_attn.o_proj', whole(`${prefix}.mixer.out_proj`, a.hidden)],
    ['post_attention_layernorm', whole(`${prefix}.norm2`, a.hidden)],
    ['mlp.gate_proj', fc1(a.intermediate)],
    ['mlp.up_proj', fc1(0)],
    ['mlp.down_proj', whole(`${prefix}.mlp.fc2`, a.hidden)],
  ];
}
