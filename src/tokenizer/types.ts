/** Text to token ids and back; byte-level BPE (Aquila) and SentencePiece (Ziya) stand behind it. */
export interface Tokenizer {
  /** Number of ids that stand for something; rows of the embedding beyond it are padding, never drawn. */
  readonly vocabSize: number;
  /** Special tokens by their literal text, e.g. `</s>` -> 100007. */
  readonly specials: ReadonlyMap<string, number>;
  /**
   * True for SentencePiece: it writes a space of its own in front of every text, so decoded text loses one
   * space at its very start. Byte-level BPE keeps every space.
   */
  readonly dropsLeadingSpace: boolean;
  /**
   * Encodes text. With `specials` off (user text) the literal `</s>` stays ordinary text; with it on
   * (template markers) special strings become their ids. Nothing is ever prepended or appended.
   */
  encode(text: string, options: { specials: boolean }): number[];
  /** Bytes a token contributes to the text: empty for special and unknown ids. */
  tokenBytes(id: number): Uint8Array;
  /** Whole sequence to text; specials are left out. Invalid UTF-8 becomes U+FFFD. */
  decode(ids: readonly number[]): string;
  dispose(): void;
}
