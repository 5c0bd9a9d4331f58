/**
 * Byte-level BPE as GPT-2 and Aquila use it: words to UTF-8 bytes to merged entries. Merges are looked up by
 * their text, `left right`: turning Aquila's 99743 pairs into pairs of ids took more time than all the rest of
 * loading it, for encoding that is hardly faster, since words are cached.
 */
import { AppError } from '../core/errors';
import { BYTE_CHARS, bytesOfEntry } from './byte-alphabet';
import { type MergeRule, mergeSymbols } from './merge-symbols';
import type { PreTokenizer } from './pre-tokenizer';
import { type TextModel, wellFormed } from './text-model';

export interface ByteLevelBpeParts {
  /** Entry (in the byte alphabet) to id. */
  readonly vocab: ReadonlyMap<string, number>;
  /** `left right` in order of rank. */
  readonly merges: readonly string[];
  readonly preTokenizer: PreTokenizer;
  /** Llama 3's habit: a word that is itself an entry is taken whole, whatever the merges say. */
  readonly ignoreMerges: boolean;
  /** Unicode normal form to apply first, where the publisher's tokenizer.json asks for one. */
  readonly normalForm: 'NFC' | 'NFD' | 'NFKC' | 'NFKD' | undefined;
}

/** Words repeat a lot in a conversation; the cache is emptied when it reaches this many. */
const CACHE_WORDS = 20_000;
const CACHE_CHARS = 48;
const utf8 = new TextEncoder();

/** Every so many merges are checked against the vocabulary at once, the others when they are first used. */
const CHECKED_MERGES = 64;

/** Throws `tokenizer-invalid` when merges name entries that the vocabulary does not have. */
export function createByteLevelBpe(parts: ByteLevelBpeParts): TextModel {
  const { vocab, merges, preTokenizer } = parts;
  const size = vocabularySize(vocab);
  const entries: (string | undefined)[] = new Array(size).fill(undefined);
  for (const [entry, id] of vocab) entries[id] = entry;
  const rankOf = new Map<string, number>();
  merges.forEach((merge, rank) => {
    if (rank % CHECKED_MERGES === 0 || rank === merges.length - 1) checkMerge(merge, rank, vocab);
    if (!rankOf.has(merge)) rankOf.set(merge, rank);
  });
  const cache = new Map<string, Int32Array>();

  function idOf(entry: string): number {
    const id = vocab.get(entry);
    if (id === undefined) throw new AppError('tokenizer-invalid', { reason: 'merge', merge: entry });
    return id;
  }

  function encodeWord(word: string): Int32Array {
    const chars = Array.from(utf8.encode(word), (byte) => BYTE_CHARS[byte]!);
    const whole = parts.ignoreMerges ? vocab.get(chars.join('')) : undefined;
    if (whole !== undefined) return Int32Array.of(whole);
    /** Entry in each slot, [bytes]. A byte that the vocabulary lacks is dropped, as the reference does. */
    const symbols = chars.filter((char) => vocab.has(char));
    const rule: MergeRule = {
      rank: (left, right) => rankOf.get(`${symbols[left]} ${symbols[right]}`) ?? Number.POSITIVE_INFINITY,
      join: (left, right) => {
        symbols[left] += symbols[right]!;
      },
    };
    const ids: number[] = [];
    mergeSymbols(symbols.length, rule, (slot) => ids.push(idOf(symbols[slot]!)));
    return Int32Array.from(ids);
  }

  function cachedWord(word: string): Int32Array {
    if (word.length > CACHE_CHARS) return encodeWord(word);
    let ids = cache.get(word);
    if (ids === undefined) {
      if (cache.size >= CACHE_WORDS) cache.clear();
      ids = encodeWord(word);
      cache.set(word, ids);
    }
    return ids;
  }

  return {
    size,
    dropsLeadingSpace: false,
    encode(text, ids) {
      const clean = wellFormed(parts.normalForm ? text.normalize(parts.normalForm) : text);
      for (const word of preTokenizer.words(clean)) for (const id of cachedWord(word)) ids.push(id);
    },
    bytes(id) {
      const entry = entries[id];
      return entry === undefined ? new Uint8Array() : bytesOfEntry(entry);
    },
  };
}

function vocabularySize(vocab: ReadonlyMap<string, number>): number {
  let last = -1;
  for (const [entry, id] of vocab) {
    if (!Number.isSafeInteger(id) || id < 0 || id > 2 ** 24) {
      throw new AppError('tokenizer-invalid', { reason: 'id', entry, id: String(id) });
    }
    last = Math.max(last, id);
  }
  if (last < 0) throw new AppError('tokenizer-invalid', { reason: 'empty-vocabulary' });
  return last + 1;
}

function checkMerge(merge: string, rank: number, vocab: ReadonlyMap<string, number>): void {
  const [left = '', right = '', ...rest] = merge.split(' ');
  const isKnown = rest.length === 0 && [left, right, left + right].every((entry) => vocab.has(entry));
  if (!isKnown) throw new AppError('tokenizer-invalid', { reason: 'merge', merge, rank });
}
