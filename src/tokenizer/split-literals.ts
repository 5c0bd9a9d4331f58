/** Finds whole strings in text, the longest first where several start at one place. */
export interface TextPart {
  readonly text: string;
  /** Id of the string this part is, undefined for the text between. */
  readonly id: number | undefined;
}

const patterns = new WeakMap<ReadonlyMap<string, number>, RegExp>();

function patternOf(literals: ReadonlyMap<string, number>): RegExp {
  let pattern = patterns.get(literals);
  if (pattern === undefined) {
    const longestFirst = [...literals.keys()].sort((a, b) => b.length - a.length);
    pattern = new RegExp(longestFirst.map(escapePattern).join('|'), 'gu');
    patterns.set(literals, pattern);
  }
  return pattern;
}

/** Text as a pattern that matches just it. */
export function escapePattern(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Cuts `text` at every literal; empty parts are left out. The map must not change after its first use. */
export function splitLiterals(text: string, literals: ReadonlyMap<string, number>): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  if (literals.size > 0) {
    for (const match of text.matchAll(patternOf(literals))) {
      if (match.index > from) parts.push({ text: text.slice(from, match.index), id: undefined });
      parts.push({ text: match[0], id: literals.get(match[0]) });
      from = match.index + match[0].length;
    }
  }
  if (from < text.length) parts.push({ text: text.slice(from), id: undefined });
  return parts;
}
