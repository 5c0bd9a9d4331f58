import { expect, test } from 'vitest';
import { AppError } from '../../core/errors';
import { readHfConfig } from '../read-config';
import { checkShape, correctConfig } from './corrections';
import { CATALOGUE, catalogueModel } from './index';

/** config.json of a model as it should be published. */
function configOf(id: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  const a = catalogueModel(id)!.architecture!;
  return {
    model_type: 'aquila',
    hidden_size: a.hidden,
    num_hidden_layers: a.layers,
    num_attention_heads: a.heads,
    num_key_value_heads: a.kvHeads,
    intermediate_size: a.intermediate,
    vocab_size: a.vocab,
    rms_norm_eps: a.normEps,
    rope_theta: a.ropeTheta,
    rope_scaling: a.ropeFactor === 1 ? null : { type: 'linear', factor: a.ropeFactor },
    max_position_embeddings: a.contextLength,
    bos_token_id: 100_006,
    eos_token_id: 100_007,
    ...more,
  };
}

const read = (id: string, config: Record<string, unknown>) =>
  readHfConfig(correctConfig(catalogueModel(id), config).config, 'q4f16_1');

test('the ids of the first Aquila models become those of its tokenizer, in known models and in copies', () => {
  const published = configOf('aquila-7b', { bos_token_id: 1, eos_token_id: 2, pad_token_id: 0 });
  for (const model of [catalogueModel('aquila-7b'), catalogueModel('aquilacode-py'), undefined]) {
    const { config, corrections } = correctConfig(model, published);
    expect(config).toEqual({ ...published, bos_token_id: 100_006, eos_token_id: 100_007 });
    expect(corrections.map(({ field, reason }) => [field, reason])).toEqual([
      ['bos_token_id', 'token-ids'],
      ['eos_token_id', 'token-ids'],
    ]);
  }
  expect(published.bos_token_id).toBe(1);
});

test('nothing else is touched: right ids, other vocabularies, eps', () => {
  for (const config of [configOf('aquilachat2-7b'), configOf('aquila-7b', { rms_norm_eps: 1e-5 })]) {
    expect(correctConfig(catalogueModel('aquila-7b'), config)).toEqual({ config, corrections: [] });
  }
  const llama = { model_type: 'llama', vocab_size: 39_424, bos_token_id: 1, eos_token_id: 2 };
  expect(correctConfig(catalogueModel('ziya-llama-13b-v1'), llama).config).toBe(llama);
  expect(correctConfig(undefined, llama).config).toBe(llama);
});

test('a scaling that was lost comes back, with the context it is for', () => {
  // A second key of the same name wins when JSON is parsed.
  const twice = `{"rope_scaling": {"type": "linear", "factor": 4.0}, "rope_scaling": null}`;
  const lost = configOf('aquilachat2-34b-16k', { ...JSON.parse(twice), max_position_embeddings: 4096 });
  expect(readHfConfig(lost, 'q4f16_1')).toMatchObject({ ropeFactor: 1, contextLength: 4096 });
  expect(read('aquilachat2-34b-16k', lost)).toMatchObject({ ropeFactor: 4, contextLength: 16_384 });

  const first = configOf('aquilachat2-7b-16k', { max_position_embeddings: 2048 });
  delete first.rope_scaling;
  expect(read('aquilachat2-7b-16k', first)).toMatchObject({ ropeFactor: 8, contextLength: 16_384 });
});

test('every known shape is read back from its config, corrected or not', () => {
  for (const { id, architecture } of CATALOGUE) {
    if (architecture) expect(read(id, configOf(id))).toEqual({ ...architecture, quantization: 'q4f16_1' });
  }
  // As published: the context before scaling, beside the scaling.
  const published = configOf('aquilachat2-34b-16k', { max_position_embeddings: 4096 });
  expect(read('aquilachat2-34b-16k', published)).toMatchObject({ ropeFactor: 4, contextLength: 16_384 });
});

test("another model's shapes are refused by name", () => {
  const refusal = (id: string, shapeOf: string): AppError => {
    try {
      checkShape(catalogueModel(id), catalogueModel(shapeOf)!.architecture!);
    } catch (error) {
      return AppError.from(error);
    }
    throw new Error('not refused');
  };
  const error = refusal('aquilachat2-7b', 'aquilachat2-34b');
  expect(error.code).toBe('config-invalid');
  expect(error.details).toEqual({
    field: 'hidden_size',
    value: 6144,
    reason: 'AquilaChat2-7B has 4096; it is the shape of AquilaChat2-34B',
  });
  expect(refusal('aquila2-7b', 'aquila2-7b-2023').details).toMatchObject({
    field: 'vocab_size',
    value: 100_008,
  });
});

test('right shapes and unknown models pass', () => {
  for (const model of CATALOGUE) if (model.architecture) checkShape(model, model.architecture);
  const any = catalogueModel('aquila-33b')!.architecture!;
  const ziya = catalogueModel('ziya-llama-13b-v1')!;
  checkShape(ziya, { ...ziya.architecture!, vocab: 39_410 });
  checkShape(undefined, any);
  checkShape(catalogueModel('aquilachat-33b'), any);
});
