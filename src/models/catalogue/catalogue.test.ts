/** Whether the catalogue agrees with itself: numbers that follow from each other, ids, names. */
import { describe, expect, test } from 'vitest';
import { chooseFamily } from '../choose-family';
import { FAMILIES } from '../families';
import { CATALOGUE, catalogueEntryFor, catalogueModel, isPinned } from './index';
import { LICENCES } from './licences';
import { parameterCount } from './shapes';
import { DTYPE_BYTES } from './source-files';
import { CORRECTION_REASONS } from './types';

/** Fields of config.json that a correction may name. */
const CONFIG_FIELDS = [
  'bos_token_id',
  'eos_token_id',
  'pad_token_id',
  'rope_scaling',
  'max_position_embeddings',
  'rms_norm_eps',
];
/** Computed apart from this code. */
const PARAMETERS: Readonly<Record<string, number>> = {
  'aquilachat-7b': 7_295_537_152,
  'aquila2-7b': 7_655_698_432,
  'aquila-33b': 33_434_266_112,
  'aquila2-34b-2023': 33_693_554_688,
  'aquila2-34b': 34_233_796_608,
  'aquila2-70b-expr': 70_090_891_264,
  'ziya-llama-13b-v1': 13_091_886_080,
};

describe.each(CATALOGUE)('$id', (model) => {
  test('names things that exist', () => {
    expect(model.id).toMatch(/^[a-z0-9.-]+$/);
    expect(FAMILIES).toHaveProperty(model.family);
    expect(LICENCES).toHaveProperty(model.licence);
    for (const { field, reason, published, corrected } of model.corrections) {
      expect(CONFIG_FIELDS).toContain(field);
      expect(CORRECTION_REASONS).toContain(reason);
      expect(corrected).not.toEqual(published);
    }
    if (model.supersededBy) expect(catalogueModel(model.supersededBy)).toBeDefined();
    expect(model.status === 'superseded').toBe(model.supersededBy !== undefined);
  });

  test('has parameters that follow from its shape', () => {
    const { architecture, parameters } = model;
    expect(architecture === undefined).toBe(parameters === undefined);
    if (architecture) {
      expect(parameterCount(architecture)).toBe(parameters);
      expect(architecture.heads * architecture.headDim).toBe(architecture.hidden);
    }
    if (parameters === undefined) expect(model.unknown).toContain('parameters');
    if (PARAMETERS[model.id]) expect(parameters).toBe(PARAMETERS[model.id]);
  });

  test('has sources whose sizes are plausible', () => {
    if (model.status === 'never-released') expect(model.sources).toEqual([]);
    if (model.status === 'available') expect(model.sources.length).toBeGreaterThan(0);
    for (const source of model.sources) {
      expect(source.repo).toMatch(/^[\w.-]+\/[\w.-]+$/);
      expect(source.revision).toMatch(/^([0-9a-f]{7}|[0-9a-f]{40}|main|master)$/);
      const expected = model.parameters! * DTYPE_BYTES[source.dtype];
      expect(Math.abs(source.downloadBytes / expected - 1)).toBeLessThan(0.005);
      expect(source.isDelta === true).toBe(source.baseBytes !== undefined);
      const sizes = source.files?.map(({ sizeBytes }) => sizeBytes ?? 0) ?? [];
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(expected * 1.005);
      if (source.isComputed) expect(sizes.includes(0) || sizes.length === 0).toBe(true);
    }
  });
});

test('a checkpoint with the name of a model gets its prompt and sampling', () => {
  for (const { name, family } of CATALOGUE)
    expect(chooseFamily({ config: {}, specials: new Map(), names: [name] })).toBe(family);
});

test('licences are told in full', () => {
  for (const licence of Object.values(LICENCES)) {
    for (const url of licence.urls) expect(new URL(url).protocol).toBe('https:');
    const points = [...licence.permits, ...licence.forbids, ...licence.demands];
    expect(new Set(points).size).toBe(points.length);
    expect(points.includes('commercial-use')).not.toBe(points.includes('no-commercial-use'));
    expect(points.includes('redistribute')).toBe(licence.mayPublishPackage);
  }
});

test('ids are unique, and so are names with their editions', () => {
  const ids = CATALOGUE.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const names = CATALOGUE.map(({ name, edition }) => `${name} ${edition ?? ''}`);
  expect(new Set(names).size).toBe(names.length);
});

test('holds every model that was published', () => {
  const ids = CATALOGUE.map(({ id }) => id).toSorted();
  expect(ids).toEqual([
    'aquila-33b',
    'aquila-7b',
    'aquila2-34b',
    'aquila2-34b-2023',
    'aquila2-70b-expr',
    'aquila2-7b',
    'aquila2-7b-2023',
    'aquilachat-33b',
    'aquilachat-7b',
    'aquilachat2-34b',
    'aquilachat2-34b-16k',
    'aquilachat2-70b-expr',
    'aquilachat2-7b',
    'aquilachat2-7b-16k',
    'aquilacode-7b-nv',
    'aquilacode-7b-ts',
    'aquilacode-multi',
    'aquilacode-py',
    'aquilasql-7b',
    'ziya-llama-13b-pretrain-v1',
    'ziya-llama-13b-v1',
    'ziya-llama-13b-v1.1',
  ]);
});

describe('catalogueEntryFor', () => {
  const idOf = (origin: string, more: { name?: string; revision?: string; vocab?: number } = {}) =>
    catalogueEntryFor({ origin, ...more })?.id;

  test.each([
    ['hf:BAAI/AquilaChat-7B', 'aquilachat-7b'],
    ['hf:BAAI/AquilaChat-7B@main', 'aquilachat-7b'],
    ['modelscope:BAAI/AquilaChat2-34B', 'aquilachat2-34b'],
    ['modelscope:Fengshenbang/Ziya-LLaMA-13B-v1', 'ziya-llama-13b-v1'],
    ['hf:erberry/Ziya-LLaMA-13B-v1.1-merged', 'ziya-llama-13b-v1.1'],
    ['hf:YeungNLP/Ziya-LLaMA-13B-Pretrain-v1', 'ziya-llama-13b-pretrain-v1'],
    ['/home/me/models/AquilaChat-7B', 'aquilachat-7b'],
    ['C:\\models\\aquilachat2_7b_16k', 'aquilachat2-7b-16k'],
    [
      '/cache/models--BAAI--AquilaCode-py/snapshots/26a7f71baef275af728186a7daa7be2000c472bf',
      'aquilacode-py',
    ],
    ['https://example.com/mirror/AquilaSQL-7B/', 'aquilasql-7b'],
    ['Aquila2-34B', 'aquila2-34b'],
  ])('%s is %s', (origin, id) => expect(idOf(origin)).toBe(id));

  test.each([
    'hf:me/my-AquilaChat-7B-lora',
    'tiny-aquilachat',
    'tiny-ziya',
    '/models/aquila',
    '',
    'hf:meta/LLaMA-13B',
  ])('%s is no model of the catalogue', (origin) => expect(idOf(origin)).toBeUndefined());

  test('a name goes before the path it lies in', () => {
    expect(idOf('/models/AquilaChat-7B/weights', { name: 'AquilaChat2-7B' })).toBe('aquilachat2-7b');
  });

  test('the vocabulary tells editions apart, then the commit, and else it is the newer one', () => {
    const origin = 'hf:BAAI/Aquila2-7B';
    expect(idOf(origin)).toBe('aquila2-7b');
    expect(idOf(origin, { vocab: 100_008 })).toBe('aquila2-7b-2023');
    expect(idOf(origin, { vocab: 143_973, revision: '9c76e14' })).toBe('aquila2-7b');
    expect(idOf(`${origin}@9c76e14`)).toBe('aquila2-7b-2023');
    expect(idOf(origin, { revision: `9c76e14${'0'.repeat(33)}` })).toBe('aquila2-7b-2023');
    expect(idOf('aquila2-7b-2023')).toBe('aquila2-7b-2023');
  });
});

test('a folder with another vocabulary is no model of the catalogue; a repository is what it says', () => {
  expect(catalogueEntryFor({ origin: '/models/AquilaChat-7B', vocab: 32_000 })).toBeUndefined();
  expect(catalogueEntryFor({ origin: 'hf:BAAI/AquilaChat-7B', vocab: 32_000 })?.id).toBe('aquilachat-7b');
  // Merged without the padding.
  const name = 'Ziya-LLaMA-13B-v1';
  expect(catalogueEntryFor({ origin: '', name, vocab: 39_410 })?.id).toBe('ziya-llama-13b-v1');
});

test('what is pinned is a full commit', () => {
  const pinned = (id: string) => isPinned(catalogueModel(id)!.sources[0]!);
  expect(pinned('aquila-7b')).toBe(true);
  expect(pinned('aquila2-7b-2023')).toBe(false);
  expect(pinned('aquilachat2-34b')).toBe(false);
});
