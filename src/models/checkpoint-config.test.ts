import { describe, expect, test } from 'vitest';
import { memoryFiles, textBytes } from '../formats/test-files';
import { readConfigFile } from './checkpoint-config';
import { readHfConfig } from './read-config';

/** FlagAI `examples/Aquila/Aquila-sql/metric/configs/flagai-7b`. */
const FLAGAI_7B = {
  dim: 4096,
  multiple_of: 256,
  n_heads: 32,
  n_layers: 32,
  norm_eps: 1e-5,
  vocab_size: 100008,
  max_seq_len: 2048,
  initializer_range: 0.006,
  flash_atten: false,
};
const HF_7B = {
  model_type: 'aquila',
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  vocab_size: 100008,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 2048,
};

const folder = (files: Record<string, unknown>) =>
  memoryFiles(
    new Map(
      Object.entries(files).map(([name, value]) => [
        name,
        textBytes(typeof value === 'string' ? value : JSON.stringify(value)),
      ]),
    ),
  );

const read = async (json: unknown) => {
  const { config } = await readConfigFile(folder({ 'config.json': JSON.stringify(json) }));
  return readHfConfig(config, 'q4f16_1');
};

describe("FlagAI's keys", () => {
  test('describe the same model', async () => {
    expect(await read(FLAGAI_7B)).toEqual(readHfConfig(HF_7B, 'q4f16_1'));
    expect(await read({ ...FLAGAI_7B, dim: 5120, n_heads: 40 })).toMatchObject({ intermediate: 13824 });
    expect(await read({ ...FLAGAI_7B, n_kv_heads: 8 })).toMatchObject({ kvHeads: 8 });
    const { max_seq_len, ...shorter } = FLAGAI_7B;
    expect(await read(shorter)).toMatchObject({ contextLength: max_seq_len });
  });

  test.each([
    [{ vocab_size: -1 }, { code: 'config-invalid', details: { field: 'vocab_size', value: '-1' } }],
    [{ vocab_size: undefined }, { code: 'config-invalid', details: { field: 'vocab_size' } }],
    [{ multiple_of: null }, { code: 'config-invalid', details: { field: 'multiple_of' } }],
    [{ norm_eps: undefined }, { code: 'config-invalid', details: { field: 'norm_eps' } }],
    [{ norm_eps: 0 }, { code: 'config-invalid', details: { field: 'rms_norm_eps' } }],
    [
      { ffn_dim_multiplier: 1.3 },
      { code: 'architecture-unknown', details: { architecture: 'ffn_dim_multiplier 1.3' } },
    ],
  ])('%j', async (changes, error) => {
    await expect(read({ ...FLAGAI_7B, ...changes })).rejects.toMatchObject(error);
  });

  test.each([null, [], 'x', 7])('refuses %j', async (json) => {
    await expect(read(json)).rejects.toMatchObject({ code: 'config-invalid' });
  });
});

describe('the file', () => {
  test('config.json, else params.json', async () => {
    const both = await readConfigFile(folder({ 'config.json': HF_7B, 'params.json': FLAGAI_7B }));
    expect(both).toEqual({ file: 'config.json', config: HF_7B, duplicateKeys: [] });
    const params = await readConfigFile(folder({ 'params.json': FLAGAI_7B }));
    expect(params).toMatchObject({ file: 'params.json', config: { ...HF_7B, num_key_value_heads: 32 } });
    await expect(readConfigFile(folder({}))).rejects.toMatchObject({
      code: 'file-missing',
      details: { file: 'config.json' },
    });
    await expect(readConfigFile(folder({ 'config.json': '{' }))).rejects.toMatchObject({
      code: 'format-invalid',
    });
  });

  test('tells keys that are there twice', async () => {
    const text =
      '{"rope_scaling": {"type": "linear", "factor": 4.0}, "a": [{"b": 1}, {"b": 1}], "rope_scaling": null}';
    const { config, duplicateKeys } = await readConfigFile(folder({ 'config.json': text }));
    expect([config.rope_scaling, duplicateKeys]).toEqual([null, ['rope_scaling']]);
  });
});
