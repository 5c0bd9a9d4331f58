import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../core/errors';
import { sharedPath } from '../tasks/shared-data';
import { createTokenizer } from './create-tokenizer';
import { PIECE, readSentencePieceModel } from './sentencepiece-model';
import {
  type GoldenEncoding,
  jsonBytes,
  randomText,
  readJsonFile,
  seededRandom,
  tokenizerFiles,
} from './test-files';
import type { Tokenizer } from './types';

const aquila = sharedPath('tokenizers', 'aquila');
const llama = sharedPath('tokenizers', 'llama');
const gqa = sharedPath('fixtures', 'tiny-aquila2-gqa-16k');
const ziya = sharedPath('fixtures', 'tiny-ziya', 'delta');
if (!aquila || !llama || !gqa || !ziya)
  console.warn('SKIPPED: golden encodings, the shared data is not here');

const OFF = { specials: false };
const ON = { specials: true };

function expectGolden(tokenizer: Tokenizer, file: string, options: { specials: boolean }): void {
  for (const { text, ids } of readJsonFile<GoldenEncoding[]>(file)) {
    expect(tokenizer.encode(text, options), JSON.stringify(text)).toEqual(ids);
    if (!options.specials) expect(tokenizer.decode(ids)).toBe(text);
  }
}

function expectRoundTrips(tokenizer: Tokenizer, seed: number): void {
  const random = seededRandom(seed);
  for (let round = 0; round < 300; round++) {
    const text = randomText(random, 30);
    // SentencePiece writes a space as ▁ and so cannot tell the two apart.
    const expected = tokenizer.dropsLeadingSpace ? text.replaceAll('▁', ' ') : text;
    expect(tokenizer.decode(tokenizer.encode(text, OFF))).toBe(expected);
  }
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: unknown) =>
      error instanceof AppError ? `${error.code} ${error.details.reason ?? ''}` : String(error),
  );

describe.skipIf(!aquila)('Aquila from vocab.json and merges.txt', () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await createTokenizer(tokenizerFiles(aquila!));
  });

  it('encodes and decodes every golden text', () => {
    expectGolden(tokenizer, `${aquila}/golden.json`, OFF);
    expectGolden(tokenizer, `${aquila}/golden-special.json`, ON);
  });

  it('knows the eight specials above the vocabulary, and 0', () => {
    expect(tokenizer.vocabSize).toBe(100_008);
    expect([...tokenizer.specials].sort(([, a], [, b]) => a - b)).toEqual([
      ['<|endoftext|>', 0],
      ['<|startofpiece|>', 100_000],
      ['<|endofpiece|>', 100_001],
      ['<|LDWANG|>', 100_002],
      ['[MASK]', 100_003],
      ['[gMASK]', 100_004],
      ['[sMASK]', 100_005],
      ['[CLS]', 100_006],
      ['</s>', 100_007],
    ]);
  });

  it('gives every id its bytes', () => {
    const vocab = Object.entries(readJsonFile<Record<string, number>>(aquila!, 'vocab.json'));
    const bytes = Array.from({ length: 256 }, (_, i) => tokenizer.tokenBytes(i + 1));
    expect(bytes.every((token) => token.length === 1)).toBe(true);
    expect(new Set(bytes.map((token) => token[0])).size).toBe(256);
    const odd = vocab.filter(
      ([entry, id]) => id !== 0 && tokenizer.tokenBytes(id).length !== [...entry].length,
    );
    expect(odd).toEqual([]);
    for (const id of [...tokenizer.specials.values(), -1, 100_008, 1e9, 0.5]) {
      expect(tokenizer.tokenBytes(id)).toHaveLength(0);
    }
  });

  it('leaves control strings in user text alone', () => {
    for (const special of tokenizer.specials.keys()) {
      const ids = tokenizer.encode(`a${special}b`, OFF);
      expect(ids.some((id) => id === 0 || id >= 100_000)).toBe(false);
      expect(tokenizer.decode(ids)).toBe(`a${special}b`);
    }
    expect(tokenizer.encode('[CLS]你好</s>', ON)).toEqual([100_006, 34_856, 100_007]);
    expect(tokenizer.decode([100_006, 34_856, 100_007])).toBe('你好');
  });

  it('takes U+0085 for white space and U+FEFF for none, and lone surrogates for U+FFFD', () => {
    expect(tokenizer.encode('x\u0085y \ufeff z\u0085\u0085', OFF)).toEqual([
      88, 127, 228, 89, 221, 49299, 2369, 127, 228, 127, 228,
    ]);
    expect(tokenizer.decode(tokenizer.encode('\ufeffa', OFF))).toBe('\ufeffa');
    expect(tokenizer.decode(tokenizer.encode('a\ud800b', OFF))).toBe('a\ufffdb');
  });

  it('round-trips hard text', () => expectRoundTrips(tokenizer, 1));

  it('takes a long word without growing slow', () => {
    const startedMs = performance.now();
    expect(tokenizer.encode('哈'.repeat(30_000), OFF).length).toBeGreaterThan(1000);
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });
});

describe.skipIf(!gqa)('Aquila from tokenizer.json', () => {
  it('equals the same vocabulary from vocab.json and merges.txt', async () => {
    const json = await createTokenizer(tokenizerFiles(gqa!, ['tokenizer.json']));
    const plain = await createTokenizer(
      tokenizerFiles(gqa!, ['vocab.json', 'merges.txt', 'tokenizer_config.json']),
    );
    expect(json.vocabSize).toBe(776);
    expect(json.specials.get('</s>')).toBe(775);
    const random = seededRandom(2);
    for (let round = 0; round < 200; round++) {
      const text = randomText(random, 20);
      expect(plain.encode(text, OFF)).toEqual(json.encode(text, OFF));
    }
    expectRoundTrips(json, 3);
  });
});

describe.skipIf(!llama)('LLaMA from tokenizer.model', () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await createTokenizer(tokenizerFiles(llama!));
  });

  it('encodes and decodes every golden text', () => expectGolden(tokenizer, `${llama}/golden.json`, OFF));

  it('gives every id its bytes', () => {
    expect(tokenizer.vocabSize).toBe(32_000);
    expect(tokenizer.specials).toEqual(
      new Map([
        ['<unk>', 0],
        ['<s>', 1],
        ['</s>', 2],
      ]),
    );
    const empty = Array.from({ length: 32_000 }, (_, id) => id).filter(
      (id) => tokenizer.tokenBytes(id).length === 0,
    );
    expect(empty).toEqual([0, 1, 2]);
    expect(tokenizer.tokenBytes(13)).toEqual(Uint8Array.of(10));
    expect(tokenizer.tokenBytes(3 + 0xf0)).toEqual(Uint8Array.of(0xf0));
    expect(new TextDecoder().decode(tokenizer.tokenBytes(263))).toBe(' a');
  });

  it('leaves control strings in user text alone', () => {
    const ids = tokenizer.encode('</s><s><unk>', OFF);
    expect(ids.some((id) => id < 3)).toBe(false);
    expect(tokenizer.encode('<s>a</s>', ON)).toEqual([1, 263, 2]);
  });

  it('round-trips hard text', () => expectRoundTrips(tokenizer, 4));

  it("finds Ziya's added tokens, which are text, not control", async () => {
    const files = tokenizerFiles(llama!);
    files['added_tokens.json'] = jsonBytes({ '<human>': 32_000, '<bot>': 32_001 });
    const ziyaLike = await createTokenizer(files);
    expect(ziyaLike.vocabSize).toBe(32_002);
    expect(ziyaLike.encode('<human>', ON)).toEqual([32_000]);
    expect(ziyaLike.encode('<human>', OFF)).not.toContain(32_000);
    expect(ziyaLike.decode([32_000, 32_001])).toBe('<human><bot>');
    files['added_tokens.json'] = jsonBytes({ '<human>': 31_999 });
    expect(await codeOf(createTokenizer(files))).toBe('tokenizer-invalid id-taken');
  });
});

describe.skipIf(!ziya)('a small SentencePiece model', () => {
  it('has 620 ids and a piece of its own making for every text', async () => {
    const tokenizer = await createTokenizer(tokenizerFiles(ziya!));
    expect(tokenizer.vocabSize).toBe(620);
    expectRoundTrips(tokenizer, 5);
  });
});

describe.skipIf(!ziya)('SentencePiece from its conversion to tokenizer.json', () => {
  /** As transformers converts: every way to make a piece of two others, in the order of the pieces made. */
  function converted() {
    const { pieces } = readSentencePieceModel(tokenizerFiles(ziya!)['tokenizer.model']!, 'tokenizer.model');
    const vocab = Object.fromEntries(pieces.map(({ text }, id) => [text, id]));
    const merges = pieces
      .filter(({ type }) => type === PIECE.normal)
      .sort((a, b) => b.score - a.score)
      .flatMap(({ text }) =>
        Array.from({ length: text.length - 1 }, (_, i) => [text.slice(0, i + 1), text.slice(i + 1)]),
      )
      .filter(([left, right]) => left! in vocab && right! in vocab);
    const normalizers = [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    ];
    const added_tokens = ['<unk>', '<s>', '</s>'].map((content, id) => ({ id, content, special: true }));
    const model = { type: 'BPE', unk_token: '<unk>', byte_fallback: true, vocab, merges };
    return { added_tokens, normalizer: { type: 'Sequence', normalizers }, pre_tokenizer: null, model };
  }

  it('encodes as the model itself', async () => {
    const model = await createTokenizer(tokenizerFiles(ziya!));
    const json = await createTokenizer({ 'tokenizer.json': jsonBytes(converted()) });
    expect(json.vocabSize).toBe(model.vocabSize);
    const random = seededRandom(6);
    for (let round = 0; round < 300; round++) {
      const text = randomText(random, 20);
      const ids = model.encode(text, OFF);
      expect(json.encode(text, OFF)).toEqual(ids);
      expect(json.decode(ids)).toBe(model.decode(ids));
    }
  });

  it('gives way to the model where both are there', async () => {
    const broken = { ...converted(), normalizer: { type: 'Lowercase' } };
    const files = { ...tokenizerFiles(ziya!), 'tokenizer.json': jsonBytes(broken) };
    expect((await createTokenizer(files)).vocabSize).toBe(620);
    expect(await codeOf(createTokenizer({ 'tokenizer.json': jsonBytes(broken) }))).toBe(
      'tokenizer-invalid normalizer',
    );
  });
});

describe('bad files', () => {
  const text = (value: string) => new TextEncoder().encode(value);
  const bpe = (model: object, rest: object = {}) => ({
    'tokenizer.json': jsonBytes({
      pre_tokenizer: { type: 'ByteLevel', use_regex: true },
      model: { type: 'BPE', vocab: { a: 0 }, merges: [], ...model },
      ...rest,
    }),
  });

  it.each([
    ['nothing', {}, 'file-missing '],
    ['half a pair', { 'vocab.json': text('{}') }, 'file-missing '],
    ['no JSON', { 'tokenizer.json': text('{') }, 'tokenizer-invalid not-json'],
    ['no model', { 'tokenizer.json': text('[]') }, 'tokenizer-invalid no-model'],
    ['another kind', bpe({ type: 'WordPiece' }), 'tokenizer-invalid not-bpe'],
    ['an empty vocabulary', bpe({ vocab: {} }), 'tokenizer-invalid empty-vocabulary'],
    ['ids that are no numbers', bpe({ vocab: { a: '0' } }), 'tokenizer-invalid vocabulary'],
    ['a negative id', bpe({ vocab: { a: -1 } }), 'tokenizer-invalid id'],
    ['a merge of nothing', bpe({ merges: ['a b'] }), 'tokenizer-invalid merge'],
    ['a merge in one word', bpe({ merges: ['ab'] }), 'tokenizer-invalid merge'],
    [
      'an unknown pre-tokenizer',
      bpe({}, { pre_tokenizer: { type: 'Punctuation' }, decoder: { type: 'ByteLevel' } }),
      'tokenizer-invalid pre-tokenizer Punctuation',
    ],
    ['an unknown normaliser', bpe({}, { normalizer: { type: 'Lowercase' } }), 'tokenizer-invalid normalizer'],
    [
      'an added token without id',
      bpe({}, { added_tokens: [{ content: 'x' }] }),
      'tokenizer-invalid added-token',
    ],
    [
      'one token twice',
      bpe(
        {},
        {
          added_tokens: [
            { content: 'x', id: 3 },
            { content: 'x', id: 4 },
          ],
        },
      ),
      'tokenizer-invalid added-token-twice',
    ],
    [
      'byte fallback without bytes',
      {
        'tokenizer.json': jsonBytes({
          normalizer: { type: 'Prepend' },
          model: { vocab: { a: 0 }, merges: [], byte_fallback: true },
        }),
      },
      'tokenizer-invalid byte-pieces',
    ],
    ['no protobuf', { 'tokenizer.model': text('not a model at all') }, 'tokenizer-invalid not-sentencepiece'],
    ['an empty model', { 'tokenizer.model': new Uint8Array() }, 'tokenizer-invalid empty-vocabulary'],
  ])('%s', async (_, files, expected) => {
    expect(await codeOf(createTokenizer(files))).toBe(expected);
  });

  it.skipIf(!llama)('a torn SentencePiece model', async () => {
    const whole = tokenizerFiles(llama!)['tokenizer.model']!;
    for (const length of [1, 1000, 499_000]) {
      expect(await codeOf(createTokenizer({ 'tokenizer.model': whole.slice(0, length) }))).toMatch(
        /^tokenizer-invalid/,
      );
    }
  });
});

it.skipIf(!aquila)('reads from a stored package as well', async () => {
  const names = ['vocab.json', 'merges.txt'];
  const tokenizer = await createTokenizer({
    list: async () => names.map((name) => ({ name })),
    read: async (name) => new Uint8Array(readFileSync(`${aquila}/${name}`)),
  });
  expect(tokenizer.encode('你好', OFF)).toEqual([34_856]);
});
