import { expect, test } from 'vitest';
import { duplicateKeys } from './json-keys';

test.each<[string, string[]]>([
  ['{}', []],
  ['[]', []],
  ['"a"', []],
  ['{"a":1,"b":{"a":2},"c":[{"a":1},{"a":1}]}', []],
  ['{"a":1,"a":2,"a":3}', ['a']],
  ['{"a":{"b":1,"c":2,"b":3},"a":null}', ['a.b', 'a']],
  ['{"a":"a","b":"a"}', []],
  ['{"a":["a","a",{"x":1,"x":2}]}', ['a.x']],
  ['{"a":"{\\"a\\":1,","\\u0061":2}', ['a']],
  ['{"a\\"}":1,"b":"}","a\\"}":2}', ['a"}']],
])('%s', (text, keys) => {
  JSON.parse(text);
  expect(duplicateKeys(text)).toEqual(keys);
});

test('a megabyte of text', () => {
  const text = JSON.stringify({ a: '\\'.repeat(500_000), b: 'x'.repeat(1_000_000) });
  expect(duplicateKeys(`[${text},{"a":1,"a":2}]`)).toEqual(['a']);
});
