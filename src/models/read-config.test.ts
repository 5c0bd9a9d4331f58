import { describe, expect, it } from 'vitest';
import { AppError } from '../core/errors';
import { sharedPath } from '../tasks/shared-data';
import { readJsonFile } from '../tokenizer/test-files';
import { readHfConfig, readMlcConfig } from './read-config';

const AQUILA_7B = {
  architectures: ['AquilaForCausalLM'],
  model_type: 'aquila',
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  vocab_size: 100008,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 2048,
  hidden_act: 'silu',
  some_new_key: { deep: true },
};
const read = (changes: object) => readHfConfig({ ...AQUILA_7B, ...changes }, 'q4f16_1');
const problem = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof AppError) return `${error.code} ${Object.values(error.details).join(' ')}`;
    throw error;
  }
  return 'ok';
};

describe('readHfConfig', () => {
  it('reads AquilaChat-7B with the defaults of its code', () => {
    expect(read({})).toEqual({
      layers: 32,
      hidden: 4096,
      heads: 32,
      kvHeads: 32,
      headDim: 128,
      intermediate: 11008,
      vocab: 100008,
      normEps: 1e-5,
      ropeTheta: 10000,
      ropeFactor: 1,
      tiedEmbedding: false,
      contextLength: 2048,
      quantization: 'q4f16_1',
    });
  });

  it.each([
    ['AquilaChat2-7B-16K says the scaled length', 16384, { type: 'linear', factor: 8 }, 8, 16384],
    ['AquilaChat2-34B-16K says the trained length', 4096, { type: 'linear', factor: 4 }, 4, 16384],
    ['the newer spelling', 16384, { rope_type: 'linear', factor: 8 }, 8, 16384],
    [
      'the trained length is stated',
      8192,
      { type: 'linear', factor: 2, original_max_position_embeddings: 8192 },
      2,
      16384,
    ],
    ['no scaling', 8192, null, 1, 8192],
    ['default scaling', 8192, { rope_type: 'default' }, 1, 8192],
    ['a length that may be either stays', 32768, { type: 'linear', factor: 4 }, 4, 32768],
  ])('context: %s', (_, max_position_embeddings, rope_scaling, ropeFactor, contextLength) => {
    expect(read({ max_position_embeddings, rope_scaling })).toMatchObject({ ropeFactor, contextLength });
  });

  it('reads grouped heads, head_dim, theta, tied heads', () => {
    const changes = { num_key_value_heads: 8, head_dim: 64, rope_theta: 1e6, tie_word_embeddings: true };
    expect(read(changes)).toMatchObject({ kvHeads: 8, headDim: 64, ropeTheta: 1e6, tiedEmbedding: true });
    expect(read({ num_key_value_heads: null, rope_theta: null, head_dim: null })).toEqual(read({}));
  });

  it.each([
    [{ hidden_size: 0 }, 'config-invalid hidden_size 0'],
    [{ hidden_size: '4096' }, 'config-invalid hidden_size "4096"'],
    [{ num_hidden_layers: -1 }, 'config-invalid num_hidden_layers -1'],
    [{ num_hidden_layers: 1.5 }, 'config-invalid num_hidden_layers 1.5'],
    [{ vocab_size: Number.NaN }, 'config-invalid vocab_size NaN'],
    [{ num_key_value_heads: 5 }, 'config-invalid num_key_value_heads 5'],
    [{ num_attention_heads: 33 }, `config-invalid head_dim ${4096 / 33}`],
    [{ head_dim: 33 }, 'config-invalid head_dim 33'],
    [{ head_dim: 512 }, 'config-invalid head_dim 512'],
    [{ num_attention_heads: 8 }, 'config-invalid head_dim 512'],
    [{ rms_norm_eps: 0 }, 'config-invalid rms_norm_eps 0'],
    [{ rope_theta: Number.POSITIVE_INFINITY }, 'config-invalid rope_theta Infinity'],
    [{ max_position_embeddings: undefined }, 'config-invalid max_position_embeddings undefined'],
    [{ intermediate_size: undefined }, 'config-invalid intermediate_size undefined'],
    [{ rope_scaling: { type: 'linear' } }, 'config-invalid rope_scaling.factor undefined'],
    [{ rope_scaling: { type: 'linear', factor: 0.5 } }, 'config-invalid rope_scaling.factor 0.5'],
    [{ rope_scaling: 'linear' }, 'config-invalid rope_scaling "linear"'],
    [{ rope_scaling: { type: 'dynamic', factor: 2 } }, 'architecture-unknown rope_scaling dynamic'],
    [{ rope_scaling: { rope_type: 'llama3', factor: 8 } }, 'architecture-unknown rope_scaling llama3'],
    [{ model_type: 'gpt2' }, 'architecture-unknown gpt2'],
    [{ model_type: undefined, architectures: ['BertModel'] }, 'architecture-unknown BertModel'],
    [{ hidden_act: 'gelu' }, 'architecture-unknown hidden_act gelu'],
    [{ attention_bias: true }, 'architecture-unknown attention_bias'],
    [{ mlp_bias: true }, 'architecture-unknown mlp_bias'],
    [{ quantization_config: { quant_method: 'gptq' } }, 'quantization-unknown gptq'],
  ])('%j: %s', (changes, expected) => expect(problem(() => read(changes))).toBe(expected));

  it.each([null, [], 'x', 7])('refuses %j', (json) => {
    expect(problem(() => readHfConfig(json, 'q0f16'))).toMatch(/^(config-invalid|architecture-unknown)/);
  });

  it.skipIf(!sharedPath('fixtures'))('reads the tiny checkpoints', () => {
    const fixture = (name: string) =>
      readHfConfig(readJsonFile(sharedPath('fixtures', name)!, 'config.json'), 'q0f32');
    expect(fixture('tiny-aquila2-gqa-16k')).toMatchObject({
      kvHeads: 1,
      headDim: 128,
      ropeFactor: 8,
      contextLength: 16384,
      vocab: 776,
    });
    expect(fixture('tiny-ziya/delta')).toMatchObject({ layers: 3, headDim: 32, normEps: 1e-6, vocab: 624 });
    expect(fixture('tiny-aquilachat')).toMatchObject({ headDim: 32, vocab: 100008 });
  });
});

describe('readMlcConfig', () => {
  const MLC = {
    model_type: 'llama',
    quantization: 'q4f16_1',
    model_config: {
      ...AQUILA_7B,
      position_embedding_base: 1e6,
      rope_scaling: { rope_type: 'linear', factor: 8 },
      context_window_size: 16384,
    },
    vocab_size: 100008,
    context_window_size: 16384,
  };

  it('reads the nested config; the context length is final', () => {
    expect(readMlcConfig(MLC)).toMatchObject({
      ropeTheta: 1e6,
      ropeFactor: 8,
      contextLength: 16384,
      quantization: 'q4f16_1',
    });
    expect(readMlcConfig({ ...MLC, context_window_size: 1024 }).contextLength).toBe(1024);
    expect(readMlcConfig({ ...MLC, context_window_size: -1 }).contextLength).toBe(16384);
  });

  it.each([
    [{ quantization: 'q3f16_1' }, 'quantization-unknown q3f16_1'],
    [{ quantization: undefined }, 'config-invalid quantization undefined'],
    [{ model_type: 'qwen2' }, 'architecture-unknown qwen2'],
    [{ model_config: null }, 'config-invalid model_config null'],
    [{ model_config: {} }, 'config-invalid num_hidden_layers undefined'],
    [{ context_window_size: -7 }, 'config-invalid context_window_size -7'],
  ])('%j: %s', (changes, expected) =>
    expect(problem(() => readMlcConfig({ ...MLC, ...changes }))).toBe(expected),
  );
});
