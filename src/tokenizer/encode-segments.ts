/** Encodes a rendered prompt: template markers may become special tokens, what people wrote never does. */
import { splitLiterals } from './split-literals';
import type { Tokenizer } from './types';

export interface PromptSegment {
  readonly text: string;
  /** True for text of the template, in which special strings stand for their tokens. */
  readonly specials: boolean;
  /** True where the text must be encoded on its own, as the model saw it when it was generated. */
  readonly startsAfresh?: boolean;
}

/**
 * Neighbouring plain text is encoded together, because merges reach across the border of marker and message
 * (`###Human: ` and `What` share the token ` What`), exactly as in the reference, which encodes one string.
 */
export function encodeSegments(tokenizer: Tokenizer, segments: readonly PromptSegment[]): number[] {
  const ids: number[] = [];
  let plain = '';
  const flush = () => {
    if (plain !== '') for (const id of tokenizer.encode(plain, { specials: false })) ids.push(id);
    plain = '';
  };
  for (const segment of segments) {
    if (segment.startsAfresh) flush();
    const parts = segment.specials
      ? splitLiterals(segment.text, tokenizer.specials)
      : [{ text: segment.text, id: undefined }];
    for (const part of parts) {
      if (part.id === undefined) {
        plain += part.text;
      } else {
        flush();
        ids.push(part.id);
      }
    }
  }
  flush();
  return ids;
}
