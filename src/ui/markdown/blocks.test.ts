import { describe, expect, it } from 'vitest';
import { splitBlocks } from './blocks';

const texts = (markdown: string) => splitBlocks(markdown).map((block) => block.text.trim());

describe('splitBlocks', () => {
  it('cuts paragraphs at blank lines', () => {
    expect(texts('one\ntwo\n\nthree')).toEqual(['one\ntwo', 'three']);
    expect(texts('')).toEqual([]);
    expect(texts('\n\n  \n')).toEqual([]);
  });

  it('keeps a fence whole, blank lines included', () => {
    expect(texts('a\n\n```py\nx\n\ny\n```\n\nb')).toEqual(['a', '```py\nx\n\ny\n```', 'b']);
    expect(texts('~~~\n```\n\nx\n~~~\n\nb')).toEqual(['~~~\n```\n\nx\n~~~', 'b']);
  });

  it('says that a fence is still open', () => {
    expect(splitBlocks('```js\nlet a').at(-1)?.isClosed).toBe(false);
    expect(splitBlocks('```js\nlet a\n```').at(-1)?.isClosed).toBe(true);
    expect(splitBlocks('`` ```x``` ``').at(-1)?.isClosed).toBe(true);
  });

  it('keeps loose lists and indented continuations together', () => {
    expect(texts('1. a\n\n2. b\n\n   more\n\nend')).toEqual(['1. a\n\n2. b\n\n   more', 'end']);
    expect(texts('text\n\n- a\n- b\n\ntext')).toEqual(['text', '- a\n- b', 'text']);
  });

  it('gives the same blocks for the finished part whatever follows', () => {
    const whole = '# t\n\npara\n\n- a\n- b\n\n```\ncode\n\nmore\n```\n\nlast';
    const done = splitBlocks(whole).slice(0, 2);
    for (let end = 10; end <= whole.length; end += 1)
      expect(splitBlocks(whole.slice(0, end)).slice(0, 1)).toEqual(done.slice(0, 1));
    expect(
      splitBlocks(whole)
        .map((block) => block.text)
        .join('\n'),
    ).toBe(whole);
  });
});
