/** Joins a text model with its added tokens into a `Tokenizer`. */
import { AppError } from '../core/errors';
import { splitLiterals } from './split-literals';
import { decodeBytes } from './stream-decoder';
import type { AddedToken, TextModel } from './text-model';
import type { Tokenizer } from './types';

const utf8 = new TextEncoder();
const NO_BYTES = new Uint8Array();

/** Throws `tokenizer-invalid` when two added tokens claim one string, or an id is not an id. */
export function assembleTokenizer(model: TextModel, added: readonly AddedToken[]): Tokenizer {
  const specials = new Map<string, number>();
  const addedBytes = new Map<number, Uint8Array>();
  let vocabSize = model.size;
  for (const { text, id, control } of added) {
    if (text === '' || !Number.isSafeInteger(id) || id < 0 || id > 2 ** 24) {
      throw new AppError('tokenizer-invalid', { reason: 'added-token', token: text, id: String(id) });
    }
    if (specials.has(text) && specials.get(text) !== id) {
      throw new AppError('tokenizer-invalid', { reason: 'added-token-twice', token: text });
    }
    specials.set(text, id);
    addedBytes.set(id, control ? NO_BYTES : utf8.encode(text));
    vocabSize = Math.max(vocabSize, id + 1);
  }
  const tokenBytes = (id: number) => addedBytes.get(id) ?? model.bytes(id);
  return {
    vocabSize,
    specials,
    dropsLeadingSpace: model.dropsLeadingSpace,
    encode(text, options) {
      const ids: number[] = [];
      if (!options.specials) {
        model.encode(text, ids);
        return ids;
      }
      for (const part of splitLiterals(text, specials)) {
        if (part.id === undefined) model.encode(part.text, ids);
        else ids.push(part.id);
      }
      return ids;
    },
    tokenBytes,
    decode(ids) {
      return decodeBytes(ids.map(tokenBytes), model.dropsLeadingSpace);
    },
    dispose() {},
  };
}
