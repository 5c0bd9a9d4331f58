/** Which strings are tokens of their own: from the small JSON files that publishers put beside a vocabulary. */
import type { AddedToken } from './text-model';
import { isRecord } from './token-files';

/**
 * Aquila's control tokens from id 100000 on. They exist only in its tokenizer.json; `vocab.json` alone ends
 * at 99999 although the embedding has 100008 rows (FlagAI, Aquila-tokenizer-hf/vocab.json.llama.cpp).
 */
const AQUILA_SPECIALS = [
  '<|startofpiece|>',
  '<|endofpiece|>',
  '<|LDWANG|>',
  '[MASK]',
  '[gMASK]',
  '[sMASK]',
  '[CLS]',
  '</s>',
] as const;
const AQUILA_PAD = '<|endoftext|>';
const AQUILA_BASE_SIZE = 100_000;
/** Control tokens by name wherever a byte-level vocabulary or its added tokens have them. */
const KNOWN_CONTROL: ReadonlySet<string> = new Set([...AQUILA_SPECIALS, AQUILA_PAD]);

export interface SmallFiles {
  readonly addedTokens: unknown;
  readonly specialTokensMap: unknown;
  readonly tokenizerConfig: unknown;
}

/** A token is written as its text or as an object with `content`. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return isRecord(value) && typeof value.content === 'string' ? value.content : undefined;
}

/** Texts named as bos, eos, unk, pad, cls, … in the publisher's files. */
function namedSpecials(files: SmallFiles): Set<string> {
  const names = new Set<string>();
  for (const file of [files.specialTokensMap, files.tokenizerConfig]) {
    if (!isRecord(file)) continue;
    for (const [key, value] of Object.entries(file)) {
      const values = key === 'additional_special_tokens' && Array.isArray(value) ? value : [value];
      if (!key.endsWith('_token') && key !== 'additional_special_tokens') continue;
      for (const text of values.map(textOf)) if (text) names.add(text);
    }
  }
  return names;
}

/**
 * Added tokens of a vocabulary whose tokenizer.json is not used. `vocab` maps texts that may be special to
 * their ids: every entry of a byte-level vocabulary, the control pieces of a SentencePiece model.
 */
export function collectAddedTokens(
  files: SmallFiles,
  vocab: ReadonlyMap<string, number>,
  vocabSize: number,
): AddedToken[] {
  const named = namedSpecials(files);
  const found = new Map<string, AddedToken>();
  const add = (text: string, id: number, control: boolean) => {
    if (!found.has(text)) found.set(text, { text, id, control });
  };
  for (const text of [...named, ...KNOWN_CONTROL]) {
    const id = vocab.get(text);
    if (id !== undefined) add(text, id, true);
  }
  if (vocabSize === AQUILA_BASE_SIZE && vocab.get(AQUILA_PAD) === 0) {
    for (const [index, text] of AQUILA_SPECIALS.entries()) add(text, AQUILA_BASE_SIZE + index, true);
  }
  const decoder = isRecord(files.tokenizerConfig) ? files.tokenizerConfig.added_tokens_decoder : undefined;
  for (const [id, value] of Object.entries(isRecord(decoder) ? decoder : {})) {
    const text = textOf(value);
    const isSpecial = isRecord(value) && value.special === true;
    if (text) add(text, Number(id), isSpecial || named.has(text) || KNOWN_CONTROL.has(text));
  }
  for (const [text, id] of Object.entries(isRecord(files.addedTokens) ? files.addedTokens : {})) {
    add(text, Number(id), named.has(text) || KNOWN_CONTROL.has(text));
  }
  return [...found.values()];
}

/** Adds Aquila's eight where a tokenizer.json has the bare 100000 entries, too. */
export function withAquilaSpecials(
  added: readonly AddedToken[],
  vocab: ReadonlyMap<string, number>,
): AddedToken[] {
  const taken = new Set(added.map((token) => token.id));
  const missing = collectAddedTokens(
    { addedTokens: undefined, specialTokensMap: undefined, tokenizerConfig: undefined },
    vocab,
    vocab.size,
  ).filter((token) => !taken.has(token.id));
  return [...added, ...missing];
}
