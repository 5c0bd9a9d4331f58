/**
 * Makes the tokenizer of a model from whichever files its publisher shipped: `tokenizer.json`, or
 * `vocab.json` with `merges.txt`, or SentencePiece's `tokenizer.model`, each with the small JSON files beside
 * it. Where a SentencePiece model comes with its conversion to tokenizer.json, the model itself decides.
 *
 * Both algorithms are written here and not taken from @mlc-ai/web-tokenizers: that package is 4.8 MB of
 * JavaScript (1.7 MB gzipped), does not load as a module under Node without three invented globals, and takes
 * three times as long to load Aquila's vocabulary (1.0 s of CPU against 0.35 s; encoding is about even). The
 * tests compare the two on random text.
 */
import { AppError } from '../core/errors';
import { collectAddedTokens, type SmallFiles } from './added-tokens';
import { assembleTokenizer } from './assemble-tokenizer';
import { createByteLevelBpe } from './byte-level-bpe';
import { gpt2PreTokenizer } from './pre-tokenizer';
import { createSentencePiece } from './sentencepiece';
import { PIECE, readSentencePieceModel } from './sentencepiece-model';
import { type OpenFiles, openFiles, readVocabulary, type TokenizerFiles } from './token-files';
import { isByteLevelJson, readTokenizerJson } from './tokenizer-json';
import { tokenizerJson, type VocabularyParts } from './tokenizer-json-writer';
import type { Tokenizer } from './types';

/** Every file name that may take part, for those who copy a tokenizer into a package. */
export const TOKENIZER_FILES = [
  'tokenizer.json',
  'vocab.json',
  'merges.txt',
  'tokenizer.model',
  'added_tokens.json',
  'special_tokens_map.json',
  'tokenizer_config.json',
] as const;

/**
 * Throws AppError `file-missing` when there is no tokenizer among the files, `tokenizer-invalid` with `file`
 * and `reason` when there is one that cannot be read exactly.
 */
export async function createTokenizer(source: TokenizerFiles): Promise<Tokenizer> {
  const files = await openFiles(source);
  if (files.has('tokenizer.json')) {
    const json = await files.readJson('tokenizer.json');
    if (isByteLevelJson(json) || !files.has('tokenizer.model')) {
      const { model, added } = readTokenizerJson(json);
      return assembleTokenizer(model, added);
    }
  }
  if (files.has('vocab.json') && files.has('merges.txt')) return fromVocabAndMerges(files);
  if (files.has('tokenizer.model')) return fromSentencePiece(files);
  throw new AppError('file-missing', { file: files.has('vocab.json') ? 'merges.txt' : 'tokenizer.json' });
}

async function readSmallFiles(files: OpenFiles): Promise<SmallFiles> {
  return {
    addedTokens: await files.readJson('added_tokens.json'),
    specialTokensMap: await files.readJson('special_tokens_map.json'),
    tokenizerConfig: await files.readJson('tokenizer_config.json'),
  };
}

async function fromVocabAndMerges(files: OpenFiles): Promise<Tokenizer> {
  const { vocab, merges, added } = await readVocabAndMerges(files);
  const model = createByteLevelBpe({
    vocab,
    merges,
    preTokenizer: gpt2PreTokenizer,
    ignoreMerges: false,
    normalForm: undefined,
  });
  return assembleTokenizer(model, added);
}

/** Throws `file-missing`, `tokenizer-invalid`. */
async function readVocabAndMerges(files: OpenFiles): Promise<VocabularyParts> {
  const vocab = readVocabulary(await files.readJson('vocab.json'), 'vocab.json');
  const lines = new TextDecoder().decode(await files.read('merges.txt')).split(/\r?\n/);
  if (lines[0]?.startsWith('#version')) lines.shift();
  let size = 0;
  for (const id of vocab.values()) size = Math.max(size, id + 1);
  const added = collectAddedTokens(await readSmallFiles(files), vocab, size);
  return { vocab, merges: lines.filter((line) => line !== ''), added };
}

/**
 * The content of a tokenizer.json that says what `vocab.json` and `merges.txt` say; undefined where the files
 * hold one already, or are of another kind. Throws like `createTokenizer`.
 */
export async function missingTokenizerJson(source: TokenizerFiles): Promise<unknown> {
  const files = await openFiles(source);
  const isOther = files.has('tokenizer.json') || !files.has('vocab.json') || !files.has('merges.txt');
  return isOther ? undefined : tokenizerJson(await readVocabAndMerges(files));
}

async function fromSentencePiece(files: OpenFiles): Promise<Tokenizer> {
  const model = readSentencePieceModel(await files.read('tokenizer.model'), 'tokenizer.model');
  const controls = new Map<string, number>();
  model.pieces.forEach(({ text, type }, id) => {
    if (type === PIECE.control || type === PIECE.unknown) controls.set(text, id);
  });
  const ofModel = [...controls].map(([text, id]) => ({ text, id, control: true }));
  const added = collectAddedTokens(await readSmallFiles(files), controls, model.pieces.length);
  for (const { text, id } of added) {
    const piece = model.pieces[id];
    if (piece !== undefined && piece.text !== text) {
      throw new AppError('tokenizer-invalid', {
        file: 'added_tokens.json',
        reason: 'id-taken',
        token: text,
        id,
      });
    }
  }
  return assembleTokenizer(createSentencePiece(model), [
    ...ofModel,
    ...added.filter((token) => !controls.has(token.text)),
  ]);
}
