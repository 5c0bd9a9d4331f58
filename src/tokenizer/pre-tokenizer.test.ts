import { describe, expect, it } from 'vitest';
import { gpt2PreTokenizer, readPreTokenizer, translatePattern } from './pre-tokenizer';

const LLAMA3 = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

describe('pre-tokenizer', () => {
  it("splits as GPT-2's pattern does", () => {
    expect(gpt2PreTokenizer.words("We're  here，ok 12\n\n x")).toEqual([
      'We',
      "'re",
      ' ',
      ' here',
      '，',
      'ok',
      ' 12',
      '\n\n',
      ' x',
    ]);
  });

  it('knows white space as Rust does', () => {
    expect(translatePattern('\\s+').test('\u0085')).toBe(true);
    expect(translatePattern('\\s').test('\ufeff')).toBe(false);
    expect(translatePattern('[^\\s]').test('\u0085')).toBe(false);
    expect(translatePattern('\\\\s').test('\\s')).toBe(true);
  });

  it('reads Split, Digits and Sequence', () => {
    const split = { type: 'Split', pattern: { Regex: LLAMA3 }, behavior: 'Isolated', invert: false };
    const sequence = readPreTokenizer({
      type: 'Sequence',
      pretokenizers: [split, { type: 'ByteLevel', add_prefix_space: false, use_regex: false }],
    });
    expect(sequence.words("I'LL pay 12345 元\r\n")).toEqual([
      'I',
      "'LL",
      ' pay',
      ' ',
      '123',
      '45',
      ' 元',
      '\r\n',
    ]);
    expect(readPreTokenizer({ type: 'Digits', individual_digits: true }).words('a12')).toEqual([
      'a',
      '1',
      '2',
    ]);
    const removed = { type: 'Split', pattern: { String: '|' }, behavior: 'Removed' };
    expect(readPreTokenizer(removed).words('a|b')).toEqual(['a', 'b']);
    expect(readPreTokenizer({ type: 'ByteLevel', add_prefix_space: true }).words('a')).toEqual([' a']);
    expect(readPreTokenizer(null).words('a b')).toEqual(['a b']);
  });

  it('refuses what it does not know', () => {
    expect(() =>
      readPreTokenizer({ type: 'Split', pattern: { Regex: 'a++' }, behavior: 'Isolated' }),
    ).toThrow('tokenizer-invalid');
    expect(() =>
      readPreTokenizer({ type: 'Split', pattern: { Regex: 'a' }, behavior: 'MergedWithNext' }),
    ).toThrow('tokenizer-invalid');
  });
});
