/** Test helper: the files of a tokenizer folder, and golden encodings. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TOKENIZER_FILES } from './create-tokenizer';

export interface GoldenEncoding {
  readonly text: string;
  readonly ids: number[];
}

/** Those of `names` that the folder has. */
export function tokenizerFiles(
  folder: string,
  names: readonly string[] = TOKENIZER_FILES,
): Record<string, Uint8Array> {
  const present = names.filter((name) => existsSync(resolve(folder, name)));
  return Object.fromEntries(
    present.map((name) => [name, new Uint8Array(readFileSync(resolve(folder, name)))]),
  );
}

export function readJsonFile<T>(...parts: string[]): T {
  return JSON.parse(readFileSync(resolve(...parts), 'utf8')) as T;
}

export const jsonBytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** Repeatable random numbers in [0, 1): mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ALPHABET = [
  ...'abcXYZ0159.,;:#</>s[]_-\'"\n\t\r ▁',
  ...[
    '  ',
    '   ',
    '###',
    '</s>',
    '[CLS]',
    "'re",
    '你好',
    '天鹰',
    '，',
    '。',
    '１２',
    '😀',
    '👍🏽',
    '🇨🇳',
    '👨‍👩‍👧',
  ],
  ...[
    'é',
    '\u0301',
    '\u0085',
    '\ufeff',
    '\u2028',
    '\u200b',
    '\u00a0',
    '\u3000',
    '\0',
    'न',
    '한',
    'я',
    '𠮷',
    '<0x0A>',
  ],
];

/** Text of up to `pieces` pieces that tokenizers find hard. */
export function randomText(random: () => number, pieces: number): string {
  const count = Math.floor(random() * (pieces + 1));
  return Array.from({ length: count }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join('');
}
