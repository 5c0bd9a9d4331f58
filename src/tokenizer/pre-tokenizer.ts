/**
 * Cuts text into the words inside which byte-level BPE merges. The patterns come from tokenizer.json, written
 * for Rust or Oniguruma; JavaScript's `\s` differs from theirs (it has U+FEFF and lacks U+0085), so white
 * space is spelled `\p{White_Space}` here.
 */
import { AppError } from '../core/errors';
import { escapePattern } from './split-literals';

/** GPT-2's pattern, which Aquila uses (FlagAI, flagai/data/tokenizer/uni_tokenizer/bpe_tokenizer.py). */
const GPT2_PATTERN = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

export interface PreTokenizer {
  /** Words of the text in order; together they are the text, bar what a `Removed` split drops. */
  words(text: string): string[];
}

type Split = (piece: string, out: string[]) => void;

const ESCAPES: Readonly<Record<string, string>> = {
  '\\s': '\\p{White_Space}',
  '\\S': '\\P{White_Space}',
  '\\d': '\\p{Nd}',
  '\\D': '\\P{Nd}',
};

/** Oniguruma to JavaScript (`u` flag): white space, digits, and `(?i:…)`, which Node 20 does not know. */
export function translatePattern(pattern: string): RegExp {
  const spelled = pattern
    .replace(/\(\?i:([^()[\]\\]*)\)/g, (_, body: string) => {
      const bothCases = body.replace(/\p{L}/gu, (char) => `[${char.toLowerCase()}${char.toUpperCase()}]`);
      return `(?:${bothCases})`;
    })
    .replace(/\\./g, (sequence) => ESCAPES[sequence] ?? sequence);
  try {
    return new RegExp(spelled, 'gu');
  } catch (error) {
    throw new AppError('tokenizer-invalid', { file: 'tokenizer.json', reason: `pattern ${pattern}` }, error);
  }
}

function splitBy(pattern: RegExp, keepMatches: boolean): Split {
  return (piece, out) => {
    let from = 0;
    for (const match of piece.matchAll(pattern)) {
      if (match[0].length === 0) continue;
      if (match.index > from) out.push(piece.slice(from, match.index));
      if (keepMatches) out.push(match[0]);
      from = match.index + match[0].length;
    }
    if (from < piece.length) out.push(piece.slice(from));
  };
}

const prefixSpace: Split = (piece, out) => {
  out.push(/^\p{White_Space}/u.test(piece) ? piece : ` ${piece}`);
};

function chain(splits: readonly Split[]): PreTokenizer {
  return {
    words(text) {
      let pieces = [text];
      for (const split of splits) {
        const out: string[] = [];
        for (const piece of pieces) split(piece, out);
        pieces = out;
      }
      return pieces;
    },
  };
}

export const gpt2PreTokenizer: PreTokenizer = chain([splitBy(translatePattern(GPT2_PATTERN), true)]);

/**
 * Reads `pre_tokenizer` of tokenizer.json: ByteLevel, Split (Isolated or Removed), Digits and Sequences of
 * them. Throws `tokenizer-invalid` for anything else rather than guess at word borders.
 */
export function readPreTokenizer(json: unknown): PreTokenizer {
  return chain(readSplits(json));
}

function readSplits(json: unknown): Split[] {
  if (json === null || json === undefined) return [];
  const node = json as Record<string, unknown>;
  switch (node.type) {
    case 'Sequence':
      return (Array.isArray(node.pretokenizers) ? node.pretokenizers : []).flatMap(readSplits);
    case 'ByteLevel':
      return [
        ...(node.add_prefix_space === true ? [prefixSpace] : []),
        ...(node.use_regex === false ? [] : [splitBy(translatePattern(GPT2_PATTERN), true)]),
      ];
    case 'Digits':
      return [splitBy(node.individual_digits === true ? /\p{N}/gu : /\p{N}+/gu, true)];
    case 'Split': {
      const { Regex, String: literal } = (node.pattern ?? {}) as Record<string, unknown>;
      const source =
        typeof Regex === 'string' ? Regex : typeof literal === 'string' ? escapePattern(literal) : undefined;
      const isSupported =
        node.behavior === 'Isolated' || (node.behavior === 'Removed' && node.invert !== true);
      if (source !== undefined && isSupported) {
        return [splitBy(translatePattern(source), node.behavior === 'Isolated')];
      }
      break;
    }
  }
  throw new AppError('tokenizer-invalid', {
    file: 'tokenizer.json',
    reason: `pre-tokenizer ${String(node.type)}`,
  });
}
