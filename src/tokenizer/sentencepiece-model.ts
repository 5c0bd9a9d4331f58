/**
 * Reads `tokenizer.model`, SentencePiece's protobuf (google/sentencepiece, src/sentencepiece_model.proto).
 * Only BPE models with the identity normaliser are taken, which is what LLaMA and Ziya ship; others would
 * need another algorithm and are refused by name.
 */
import { AppError } from '../core/errors';

/** Values of SentencePiece.Type. */
export const PIECE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

export interface SentencePiece {
  readonly text: string;
  readonly score: number;
  readonly type: number;
}

export interface SentencePieceModel {
  /** [vocabulary], the index is the id. */
  readonly pieces: readonly SentencePiece[];
  readonly byteFallback: boolean;
  readonly dummyPrefix: boolean;
  readonly removeExtraWhitespaces: boolean;
}

type Field =
  | { field: number; varint: number }
  | { field: number; float: number }
  | { field: number; bytes: Uint8Array };

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function* readFields(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        yield { field, varint: varint() };
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        if (at + length > bytes.length) throw new RangeError('field past the end');
        yield { field, bytes: bytes.subarray(at, at + length) };
        at += length;
        break;
      }
      case 5:
        yield { field, float: view.getFloat32(at, true) };
        at += 4;
        break;
      default:
        throw new RangeError('unknown wire type');
    }
  }
}

function readPiece(bytes: Uint8Array): SentencePiece {
  let text = '';
  let score = 0;
  let type: number = PIECE.normal;
  for (const entry of readFields(bytes)) {
    if (entry.field === 1 && 'bytes' in entry) text = utf8.decode(entry.bytes);
    else if (entry.field === 2 && 'float' in entry) score = entry.float;
    else if (entry.field === 3 && 'varint' in entry) type = entry.varint;
  }
  return { text, score, type };
}

/** Varint fields of a message by number; nested messages of no interest here. */
function readFlags(bytes: Uint8Array): { flags: Map<number, number>; sizes: Map<number, number> } {
  const flags = new Map<number, number>();
  const sizes = new Map<number, number>();
  for (const entry of readFields(bytes)) {
    if ('varint' in entry) flags.set(entry.field, entry.varint);
    else if ('bytes' in entry) sizes.set(entry.field, entry.bytes.length);
  }
  return { flags, sizes };
}

const BPE = 2;
const none = () => ({ flags: new Map<number, number>(), sizes: new Map<number, number>() });

/** Throws `tokenizer-invalid` for torn files, unigram models and models with a normalisation table. */
export function readSentencePieceModel(bytes: Uint8Array, file: string): SentencePieceModel {
  const refuse = (reason: string, cause?: unknown) =>
    new AppError('tokenizer-invalid', { file, reason }, cause);
  const pieces: SentencePiece[] = [];
  let trainer = none();
  let normalizer = none();
  try {
    for (const entry of readFields(bytes)) {
      if (!('bytes' in entry)) continue;
      if (entry.field === 1) pieces.push(readPiece(entry.bytes));
      else if (entry.field === 2) trainer = readFlags(entry.bytes);
      else if (entry.field === 3) normalizer = readFlags(entry.bytes);
    }
  } catch (error) {
    throw refuse('not-sentencepiece', error);
  }
  if (pieces.length === 0) throw refuse('empty-vocabulary');
  if ((trainer.flags.get(3) ?? 1) !== BPE) throw refuse('not-bpe');
  if ((normalizer.sizes.get(2) ?? 0) > 0) throw refuse('normalizer');
  if (trainer.flags.get(24) === 1 || normalizer.flags.get(5) === 0) throw refuse('whitespace-rule');
  if (pieces.some((piece) => piece.type === PIECE.unused)) throw refuse('unused-pieces');
  return {
    pieces,
    byteFallback: trainer.flags.get(35) === 1,
    dummyPrefix: (normalizer.flags.get(3) ?? 1) === 1,
    removeExtraWhitespaces: (normalizer.flags.get(4) ?? 1) === 1,
  };
}
