import { describe, expect, it } from 'vitest';
import { createStopStrings } from './stop-strings';
import { seededRandom } from './test-files';

function run(stops: string[], pieces: readonly string[]): { shown: string[]; stop: string | undefined } {
  const finder = createStopStrings(stops);
  const shown: string[] = [];
  for (const piece of pieces) {
    const { text, stop } = finder.push(piece);
    shown.push(text);
    if (stop !== undefined) return { shown, stop };
  }
  return { shown: [...shown, finder.flush()], stop: undefined };
}

describe('createStopStrings', () => {
  it('cuts at a stop string that lies across pieces', () => {
    expect(run(['###'], ['好的。', '#', '#', '# Human'])).toEqual({
      shown: ['好的。', '', '', ''],
      stop: '###',
    });
  });

  it('gives held text back when it was no stop string', () => {
    expect(run(['###'], ['a##', 'b'])).toEqual({ shown: ['a', '##b', ''], stop: undefined });
    expect(run(['###'], ['a#'])).toEqual({ shown: ['a', '#'], stop: undefined });
  });

  it('shows everything at once without stop strings', () => {
    expect(run([], ['a', ''])).toEqual({ shown: ['a', '', ''], stop: undefined });
    expect(run([''], ['a'])).toEqual({ shown: ['a', ''], stop: undefined });
  });

  it('says nothing more after the cut', () => {
    const finder = createStopStrings(['x']);
    expect(finder.push('axb')).toEqual({ text: 'a', stop: 'x' });
    expect(finder.push('c')).toEqual({ text: '', stop: undefined });
    expect(finder.flush()).toBe('');
  });

  it('finds the same cut however the text is split, and shows all else as soon as it can', () => {
    const random = seededRandom(21);
    for (let round = 0; round < 2000; round++) {
      const letters = (most: number) =>
        Array.from({ length: 1 + Math.floor(random() * most) }, () => 'ab'[Math.floor(random() * 2)]).join(
          '',
        );
      const text = letters(24);
      const stops = [letters(4), letters(6)];
      const whole = run(stops, [text]);
      const single = run(stops, [...text]);
      expect(single.stop).toBe(whole.stop);
      expect(single.shown.join('')).toBe(whole.shown.join(''));
      const seen = text.slice(0, single.shown.join('').length);
      expect(single.shown.join('')).toBe(seen);
    }
  });
});
