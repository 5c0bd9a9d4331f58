/**
 * Token ids in, text out as soon as it is certain. Bytes of a character that is not complete yet are held
 * back, so Chinese and emoji never flicker; a byte that can no longer become a character turns into U+FFFD.
 * Whatever way the ids are fed, the pieces joined equal `decode` of the whole sequence.
 */
import type { Tokenizer } from './types';

const SPACE = 0x20;

/** U+FEFF is text like any other here: without `ignoreBOM` TextDecoder would swallow it at the start. */
const newTextDecoder = () => new TextDecoder('utf-8', { ignoreBOM: true });

export interface StreamDecoder {
  /** Text that this token made certain, often ''. */
  push(id: number): string;
  /** What is still held back, broken characters as U+FFFD. The decoder starts over afterwards. */
  flush(): string;
}

/** For one answer: a tokenizer that writes its own leading space has it dropped at the start of the answer. */
export function createStreamDecoder(
  tokenizer: Pick<Tokenizer, 'tokenBytes' | 'dropsLeadingSpace'>,
): StreamDecoder {
  let decoder = newTextDecoder();
  let mayDropSpace = tokenizer.dropsLeadingSpace;
  return {
    push(id) {
      let bytes = tokenizer.tokenBytes(id);
      if (bytes.length > 0 && mayDropSpace) {
        if (bytes[0] === SPACE) bytes = bytes.subarray(1);
        mayDropSpace = false;
      }
      return decoder.decode(bytes, { stream: true });
    },
    flush() {
      const rest = decoder.decode();
      decoder = newTextDecoder();
      mayDropSpace = tokenizer.dropsLeadingSpace;
      return rest;
    },
  };
}

/** Bytes of a whole sequence to text, by the same rules. */
export function decodeBytes(tokens: readonly Uint8Array[], dropsLeadingSpace: boolean): string {
  const decoder = createStreamDecoder({ dropsLeadingSpace, tokenBytes: (index) => tokens[index]! });
  let text = '';
  for (let index = 0; index < tokens.length; index++) text += decoder.push(index);
  return text + decoder.flush();
}
