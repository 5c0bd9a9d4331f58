import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import Markdown from './Markdown';
import { safeUrl } from './safe-url';

const html = (text: string, isStreaming = false) =>
  renderToStaticMarkup(<Markdown text={text} isStreaming={isStreaming} />);

describe('Markdown', () => {
  it('makes Chinese text bold where punctuation meets the marks', () => {
    expect(html('**注意：**请先看')).toContain('<strong>注意：</strong>请先看');
    expect(html('这是**“重要”**的')).toContain('<strong>“重要”</strong>');
    expect(html('**该模型（Ziya）**支持')).toContain('<strong>该模型（Ziya）</strong>');
  });

  it('shows tags as text', () => {
    expect(html('<img src=x onerror=alert(1)> <b>x</b>')).not.toMatch(/<img|<b>/);
    expect(html('<script>alert(1)</script>')).not.toContain('<script');
  });

  it('loads no image and links only where it is safe', () => {
    const image = html('![pic](https://example.com/x.png)');
    expect(image).not.toContain('<img');
    expect(image).toContain('href="https://example.com/x.png"');
    for (const url of [
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      ' JavaScript:x',
      '//evil',
    ])
      expect(html(`[x](<${url}>)`)).not.toContain('href');
    expect(html('[x](https://a.example)')).toContain('rel="noopener noreferrer nofollow"');
    expect(safeUrl('mailto:a@b.c')).toBe('mailto:a@b.c');
  });

  it('ends a bare address at Chinese punctuation', () => {
    const text = html('见https://example.com/a，然后（https://example.com/b）。');
    expect(text).toContain('href="https://example.com/a"');
    expect(text).toContain('href="https://example.com/b"');
    expect(text).toContain('，然后');
  });

  it('keeps single line breaks', () => {
    expect(html('a\nb')).toMatch(/a<br\/>\s*b/);
  });

  it('shows a code block with its language and plain code', () => {
    const code = html('```py\nx < 1\n```');
    expect(code).toContain('py');
    expect(code).toContain('x &lt; 1');
    expect(html('`x`')).toContain('<code>x</code>');
  });

  it('closes what is still open while it streams', () => {
    expect(html('这是 **粗', true)).toContain('<strong>粗</strong>');
    expect(html('这是 **粗', false)).not.toContain('<strong>');
    expect(html('```js\nlet a', true)).toContain('let a');
  });
});
