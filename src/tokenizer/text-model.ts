/** What stands behind a `Tokenizer`: plain text to ids, without any thought of special strings. */
export interface TextModel {
  /** Ids 0..size-1 belong to the model; added tokens may lie above. */
  readonly size: number;
  /** True where decoding drops one space at the very start (SentencePiece writes one there itself). */
  readonly dropsLeadingSpace: boolean;
  /** Appends the ids of `text` to `ids`. */
  encode(text: string, ids: number[]): void;
  /** Bytes of an id, empty outside the vocabulary. */
  bytes(id: number): Uint8Array;
}

/** A token matched as a whole before the model sees the text. */
export interface AddedToken {
  readonly text: string;
  readonly id: number;
  /** Control tokens leave no trace in decoded text; others decode to their own text. */
  readonly control: boolean;
}

/** UTF-16 halves without their partner cannot be written as UTF-8; they become U+FFFD as everywhere on the web. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}
