/**
 * SentencePiece BPE: the whole text is one word, spaces are written `▁`, the piece with the best score is
 * joined first, and characters without a piece fall back to their UTF-8 bytes.
 * Source: google/sentencepiece, src/bpe_model.cc and src/sentencepiece_processor.cc.
 */
import { AppError } from '../core/errors';
import { type MergeRule, mergeSymbols } from './merge-symbols';
import { PIECE, type SentencePieceModel } from './sentencepiece-model';
import { splitLiterals } from './split-literals';
import { type TextModel, wellFormed } from './text-model';

const SPACE = '▁';
const utf8 = new TextEncoder();

/** Throws `tokenizer-invalid` when byte fallback is asked for and a byte has no piece. */
export function createSentencePiece(model: SentencePieceModel): TextModel {
  const { pieces } = model;
  const idOf = new Map<string, number>();
  const userDefined = new Map<string, number>();
  /** Piece id of each byte, [256]. */
  const byteIds = new Int32Array(256).fill(-1);
  let unknownId = 0;
  pieces.forEach(({ text, type }, id) => {
    if (type === PIECE.normal) idOf.set(text, id);
    else if (type === PIECE.userDefined) userDefined.set(text, id);
    else if (type === PIECE.unknown) unknownId = id;
    else if (type === PIECE.byte) byteIds[byteOfPiece(text)] = id;
  });

  if (model.byteFallback && byteIds.includes(-1)) {
    throw new AppError('tokenizer-invalid', { reason: 'byte-pieces' });
  }

  function encodeUnknown(symbol: string, ids: number[]): void {
    if (model.byteFallback) for (const byte of utf8.encode(symbol)) ids.push(byteIds[byte]!);
    else if (ids.at(-1) !== unknownId) ids.push(unknownId); // A run of unknown characters is one token.
  }

  /** One stretch of text without user-defined pieces. */
  function encodeStretch(text: string, ids: number[]): void {
    /** Start of each character in UTF-16 units, and the end of the text, [characters + 1]. */
    const starts: number[] = [];
    for (let at = 0; at < text.length; at += text.codePointAt(at)! > 0xffff ? 2 : 1) starts.push(at);
    const count = starts.length;
    starts.push(text.length);
    /** First slot after the symbol in each slot, [characters]. */
    const ends = Int32Array.from({ length: count }, (_, slot) => slot + 1);
    const pieceAt = (slot: number, end: number) => idOf.get(text.slice(starts[slot], starts[end]));
    const rule: MergeRule = {
      rank(left, right) {
        const id = pieceAt(left, ends[right]!);
        return id === undefined ? Number.POSITIVE_INFINITY : -pieces[id]!.score;
      },
      join(left, right) {
        ends[left] = ends[right]!;
      },
    };
    mergeSymbols(count, rule, (slot, end) => {
      const id = pieceAt(slot, end);
      if (id === undefined) encodeUnknown(text.slice(starts[slot], starts[end]), ids);
      else ids.push(id);
    });
  }

  function normalise(text: string): string {
    const kept = model.removeExtraWhitespaces ? text.replace(/ +/g, ' ').replace(/^ | $/g, '') : text;
    if (kept === '') return '';
    return ((model.dummyPrefix ? ' ' : '') + wellFormed(kept)).replaceAll(' ', SPACE);
  }

  return {
    size: pieces.length,
    dropsLeadingSpace: model.dummyPrefix,
    encode(text, ids) {
      for (const part of splitLiterals(normalise(text), userDefined)) {
        if (part.id === undefined) encodeStretch(part.text, ids);
        else ids.push(part.id);
      }
    },
    bytes(id) {
      const piece = pieces[id];
      if (piece === undefined || piece.type === PIECE.control || piece.type === PIECE.unknown)
        return new Uint8Array();
      if (piece.type === PIECE.byte) return Uint8Array.of(byteOfPiece(piece.text));
      return utf8.encode(piece.text.replaceAll(SPACE, ' '));
    },
  };
}

/** `<0x0A>` -> 10. */
function byteOfPiece(text: string): number {
  return Number.parseInt(text.slice(3, 5), 16);
}
