/**
 * Reads Hugging Face's tokenizer.json for the two kinds of BPE in this family. Post-processors are left out
 * on purpose: what is put around a prompt is the chat template's business.
 */
import { AppError } from '../core/errors';
import { withAquilaSpecials } from './added-tokens';
import { createByteLevelBpe } from './byte-level-bpe';
import { readPreTokenizer } from './pre-tokenizer';
import { createSentencePiece } from './sentencepiece';
import { PIECE, type SentencePiece } from './sentencepiece-model';
import type { AddedToken, TextModel } from './text-model';
import { isRecord, readMerge, readVocabulary } from './token-files';

const FILE = 'tokenizer.json';
const refuse = (reason: string) => new AppError('tokenizer-invalid', { file: FILE, reason });

export interface TokenizerJson {
  readonly model: TextModel;
  readonly added: readonly AddedToken[];
}

/** All nodes of a tree of `Sequence`s. */
function flatten(node: unknown): Record<string, unknown>[] {
  if (!isRecord(node)) return [];
  const children = [node.normalizers, node.pretokenizers, node.decoders].find(Array.isArray);
  return node.type === 'Sequence' && children ? children.flatMap(flatten) : [node];
}

const hasByteLevel = (node: unknown) => flatten(node).some((part) => part.type === 'ByteLevel');

/** True for byte-level BPE, false for BPE converted from SentencePiece. */
export function isByteLevelJson(json: unknown): boolean {
  return isRecord(json) && (hasByteLevel(json.pre_tokenizer) || hasByteLevel(json.decoder));
}

function readAddedTokens(json: Record<string, unknown>): AddedToken[] {
  const list = Array.isArray(json.added_tokens) ? json.added_tokens : [];
  return list.filter(isRecord).map(({ content, id, special }) => {
    if (typeof content !== 'string' || typeof id !== 'number') throw refuse('added-token');
    return { text: content, id, control: special === true };
  });
}

/** Throws `tokenizer-invalid` with the part that is not supported. */
export function readTokenizerJson(json: unknown): TokenizerJson {
  if (!isRecord(json) || !isRecord(json.model)) throw refuse('no-model');
  const { model } = json;
  if (model.type !== undefined && model.type !== 'BPE') throw refuse('not-bpe');
  if (!Array.isArray(model.merges)) throw refuse('no-merges');
  const vocab = readVocabulary(model.vocab, FILE);
  const merges = model.merges.map((merge) => readMerge(merge, FILE));
  const added = readAddedTokens(json);
  if (!isByteLevelJson(json)) {
    return { model: createSentencePiece(sentencePieceParts(json, model, vocab, merges, added)), added };
  }
  const byteLevel = createByteLevelBpe({
    vocab,
    merges,
    preTokenizer: readPreTokenizer(json.pre_tokenizer),
    ignoreMerges: model.ignore_merges === true,
    normalForm: readNormalForm(json.normalizer),
  });
  return { model: byteLevel, added: withAquilaSpecials(added, vocab) };
}

function readNormalForm(node: unknown): 'NFC' | 'NFD' | 'NFKC' | 'NFKD' | undefined {
  const forms = flatten(node).map((part) => part.type);
  if (forms.length === 0) return undefined;
  const [form] = forms;
  if (forms.length === 1 && (form === 'NFC' || form === 'NFD' || form === 'NFKC' || form === 'NFKD'))
    return form;
  throw refuse('normalizer');
}

/**
 * A SentencePiece model back from its conversion: there the merges are sorted by the score of the piece they
 * make (transformers, convert_slow_tokenizer.py), so the first rank of a piece serves as its score.
 */
function sentencePieceParts(
  json: Record<string, unknown>,
  model: Record<string, unknown>,
  vocab: ReadonlyMap<string, number>,
  merges: readonly string[],
  added: readonly AddedToken[],
) {
  const normalizers = flatten(json.normalizer);
  const metaspace = flatten(json.pre_tokenizer).find((part) => part.type === 'Metaspace');
  if (!normalizers.every((part) => part.type === 'Prepend' || part.type === 'Replace'))
    throw refuse('normalizer');
  if (normalizers.length === 0 && metaspace === undefined) throw refuse('normalizer');
  const rankOf = new Map<string, number>();
  merges.forEach((merge, rank) => {
    const piece = merge.replace(' ', '');
    if (!rankOf.has(piece)) rankOf.set(piece, rank);
  });
  const controls = new Set(added.filter((token) => token.control).map((token) => token.text));
  const pieces: SentencePiece[] = [];
  for (const [text, id] of vocab)
    pieces[id] = { text, score: -(rankOf.get(text) ?? 0), type: pieceType(text) };
  function pieceType(text: string): number {
    if (text === model.unk_token) return PIECE.unknown;
    if (controls.has(text)) return PIECE.control;
    if (/^<0x[0-9A-F]{2}>$/.test(text)) return PIECE.byte;
    return rankOf.has(text) || [...text].length === 1 ? PIECE.normal : PIECE.unused;
  }
  return {
    pieces: Array.from(pieces, (piece) => piece ?? { text: '', score: 0, type: PIECE.control }),
    byteFallback: model.byte_fallback === true,
    dummyPrefix: metaspace
      ? metaspace.add_prefix_space !== false && metaspace.prepend_scheme !== 'never'
      : normalizers.some((part) => part.type === 'Prepend'),
    removeExtraWhitespaces: false,
  };
}
