import { describe, expect, it } from 'vitest';
import { sharedPath } from '../tasks/shared-data';
import { createTokenizer } from '../tokenizer/create-tokenizer';
import { tokenizerFiles } from '../tokenizer/test-files';
import { chooseFamily } from './choose-family';
import { toConvTemplate } from './conv-template';
import { FAMILIES, type FamilyId } from './families';
import { generationFields, PLAIN_DEFAULTS, readGenerationDefaults } from './generation-defaults';
import { readModelLanguage } from './model-language';

const none = new Map<string, number>();
const aquilaConfig = { model_type: 'aquila', vocab_size: 100_008 };
const llamaConfig = { model_type: 'llama', vocab_size: 32_000 };

describe('chooseFamily', () => {
  it.each([
    ['BAAI/AquilaChat-7B', 'aquilachat'],
    ['AquilaSQL-7B', 'aquilasql'],
    ['Aquila-7B', 'aquila'],
    ['Aquila-33B', 'aquila'],
    ['AquilaCode-multi', 'aquilacode'],
    ['AquilaCode-py', 'aquilacode'],
    ['AquilaChat2-7B', 'aquilachat2-7b'],
    ['AquilaChat2-7B-16K', 'aquilachat2-16k'],
    ['AquilaChat2-34B', 'aquilachat2-34b'],
    ['AquilaChat2-34B-Int4-GPTQ', 'aquilachat2-34b'],
    ['AquilaChat2-34B-AWQ', 'aquilachat2-34b'],
    ['AquilaChat2-34B-16K', 'aquilachat2-16k'],
    ['aquilachat2-34b-16k', 'aquilachat2-16k'],
    ['AquilaChat2-70B-Expr', 'aquilachat2-70b'],
    ['Aquila2-7B', 'aquila2'],
    ['Aquila2-34B', 'aquila2'],
    ['Aquila2-70B-Expr', 'aquila2'],
    ['Ziya-LLaMA-13B-v1', 'ziya'],
    ['IDEA-CCNL/Ziya-LLaMA-13B-v1.1', 'ziya'],
    ['Ziya-LLaMA-13B-Pretrain-v1', 'ziya-pretrain'],
    ['Ziya2-13B-Chat', 'ziya'],
    ['Ziya2-13B-Base', 'ziya-pretrain'],
    ['models/tiny-ziya/delta', 'ziya'],
    ['tiny-aquilachat', 'aquilachat'],
    ['tiny-aquila2-gqa-16k', 'aquilachat'],
    ['aerie-mini', 'aerie-mini'],
  ] as [string, FamilyId][])('%s is %s', (name, family) => {
    expect(chooseFamily({ config: aquilaConfig, specials: none, names: [name] })).toBe(family);
    const config = { ...aquilaConfig, _name_or_path: name };
    expect(chooseFamily({ config, specials: none, names: ['folder'] })).toBe(family);
  });

  it.each([
    ['Aquila of unknown name', aquilaConfig, 'aquilachat'],
    [
      '7B with scaled positions',
      { ...aquilaConfig, hidden_size: 4096, rope_scaling: { factor: 8 } },
      'aquilachat2-16k',
    ],
    [
      '34B with scaled positions',
      { ...aquilaConfig, hidden_size: 6144, rope_scaling: { factor: 4 } },
      'aquilachat2-16k',
    ],
    ['34B', { ...aquilaConfig, hidden_size: 6144, rope_scaling: null }, 'aquilachat2-34b'],
    ['70B', { ...aquilaConfig, hidden_size: 8192 }, 'aquilachat2-70b'],
    ['the first revision, which said llama', { model_type: 'llama', vocab_size: 100_008 }, 'aquilachat'],
    ['the base models of 2024', { model_type: 'aquila', vocab_size: 143_973 }, 'aquila2'],
    ['padded Ziya', { ...llamaConfig, vocab_size: 39_424 }, 'ziya'],
    ['plain LLaMA', llamaConfig, 'llama'],
  ] as const)('by shape: %s', (_, config, family) => {
    expect(chooseFamily({ config, specials: none, names: ['download'] })).toBe(family);
  });

  it('knows Ziya by its tokens and by its delta', () => {
    const specials = new Map([['<human>', 39_408]]);
    expect(chooseFamily({ config: llamaConfig, specials, names: [] })).toBe('ziya');
    expect(chooseFamily({ config: llamaConfig, specials: none, names: ['delta'], isMergedDelta: true })).toBe(
      'ziya',
    );
  });
});

describe('defaults', () => {
  it.each(Object.entries(FAMILIES))('%s survive the package', (_, { defaults }) => {
    expect(readGenerationDefaults(JSON.parse(JSON.stringify(generationFields(defaults))))).toEqual(defaults);
  });

  it('are plain where a package says nothing', () => {
    expect(readGenerationDefaults({})).toEqual(PLAIN_DEFAULTS);
    expect(readGenerationDefaults({ temperature: null, aerie: {} })).toEqual(PLAIN_DEFAULTS);
  });

  it('follow the reference of each family', () => {
    expect(FAMILIES.aquilachat.defaults).toMatchObject({ samplerOrder: 'temperature-topk-topp', topK: 30 });
    expect(FAMILIES['aquilachat2-34b'].defaults).toMatchObject({
      samplerOrder: 'topp-topk-temperature',
      topK: 15,
    });
    expect(FAMILIES.ziya.defaults).toMatchObject({ samplerOrder: 'temperature-topk-topp', topP: 0.85 });
  });

  it.each([
    [{ temperature: 3 }, 'temperature'],
    [{ temperature: '1' }, 'temperature'],
    [{ top_p: 0 }, 'top_p'],
    [{ top_k: -1 }, 'top_k'],
    [{ repetition_penalty: 0 }, 'repetition_penalty'],
    [{ aerie: { sampler_order: 'backwards' } }, 'aerie.sampler_order'],
  ])('refuse %j', (json, field) => {
    expect(() => readGenerationDefaults(json)).toThrow(`config-invalid {"field":"${field}"`);
  });
});

const aquila = sharedPath('tokenizers', 'aquila');
if (!aquila) console.warn('SKIPPED: package language with the real tokenizer, the shared data is not here');

it.skipIf(!aquila)('a package of AquilaChat-7B gives its language back', async () => {
  const tokenizer = await createTokenizer(tokenizerFiles(aquila!));
  const { template, defaults } = FAMILIES.aquilachat;
  const json = { conv_template: toConvTemplate(template, tokenizer.specials), ...generationFields(defaults) };
  const language = readModelLanguage(JSON.parse(JSON.stringify(json)), tokenizer, 100_010);
  expect(language).toEqual({
    template,
    defaults,
    stopIds: new Set([100_007, 0]),
    paddingIds: [100_008, 100_009],
  });
});
