/**
 * Keys that one object of a JSON text names twice, as dotted paths (`model.rope_scaling`); a parser keeps the last
 * and drops the others silently. The text must be valid JSON. AquilaChat2-34B-16K was once published with two
 * `rope_scaling`, the second of them null.
 */
export function duplicateKeys(text: string): string[] {
  /** Open objects and arrays: the keys of an object so far, and the key in whose value we are. */
  const open: { keys: Set<string> | undefined; key: string }[] = [];
  const found = new Set<string>();
  let expectsKey = false;
  // Strings are tokens of their own, so that braces inside them do not count.
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/g)) {
    const top = open.at(-1);
    if (token === '{' || token === '[') {
      expectsKey = token === '{';
      open.push({ keys: expectsKey ? new Set() : undefined, key: '' });
    } else if (token === '}' || token === ']') {
      open.pop();
      expectsKey = false;
    } else if (token === ',') {
      expectsKey = top?.keys !== undefined;
    } else if (expectsKey && top?.keys) {
      top.key = JSON.parse(token) as string;
      const path = open.map(({ key }) => key).filter((key) => key !== '');
      if (top.keys.has(top.key)) found.add(path.join('.'));
      top.keys.add(top.key);
      expectsKey = false;
    }
  }
  return [...found];
}
