import { describe, expect, it } from 'vitest';
import { createStreamDecoder } from './stream-decoder';
import { randomText, seededRandom } from './test-files';

const utf8 = new TextEncoder();

/** A tokenizer whose ids are indices into a list of byte runs. */
function tokens(runs: readonly Uint8Array[], dropsLeadingSpace = false) {
  return { tokenBytes: (id: number) => runs[id] ?? new Uint8Array(), dropsLeadingSpace };
}

function cutAtRandom(bytes: Uint8Array, random: () => number): Uint8Array[] {
  const runs: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 1 + Math.floor(random() * 5));
    runs.push(bytes.subarray(at, end));
    at = end;
  }
  return runs;
}

function stream(runs: readonly Uint8Array[], dropsLeadingSpace = false): string[] {
  const decoder = createStreamDecoder(tokens(runs, dropsLeadingSpace));
  return [...runs.map((_, id) => decoder.push(id)), decoder.flush()];
}

describe('createStreamDecoder', () => {
  it('gives the same text for every way to cut it, and never half a character', () => {
    const random = seededRandom(11);
    for (let round = 0; round < 500; round++) {
      const text = randomText(random, 20);
      const pieces = stream(cutAtRandom(utf8.encode(text), random));
      expect(pieces.join('')).toBe(text);
      for (const piece of pieces) expect(piece).not.toMatch(/\p{Surrogate}|\ufffd/u);
    }
  });

  it('holds back an unfinished character and says so at the end', () => {
    const [first, second, third, last] = stream([...utf8.encode('鹰')].map((byte) => Uint8Array.of(byte)));
    expect([first, second, third, last]).toEqual(['', '', '鹰', '']);
    expect(stream([Uint8Array.of(0xe9, 0xb9)])).toEqual(['', '\ufffd']);
  });

  it('replaces bytes as soon as they cannot become a character', () => {
    expect(stream([Uint8Array.of(0xe9, 0xb9), Uint8Array.of(0x41)])).toEqual(['', '\ufffdA', '']);
    expect(stream([Uint8Array.of(0xff), Uint8Array.of(0x80, 0x42)])).toEqual(['\ufffd', '\ufffdB', '']);
    const random = seededRandom(12);
    for (let round = 0; round < 200; round++) {
      const bytes = Uint8Array.from({ length: 40 }, () => Math.floor(random() * 256));
      expect(stream(cutAtRandom(bytes, random)).join('')).toBe(
        new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
      );
    }
  });

  it('drops one space at the start where the tokenizer wrote it, once', () => {
    const runs = ['', ' ', ' a', ' b'].map((text) => utf8.encode(text));
    expect(stream(runs, true).join('')).toBe(' a b');
    expect(stream(runs, false).join('')).toBe('  a b');
  });

  it('starts over after flush', () => {
    const decoder = createStreamDecoder(tokens([utf8.encode(' x')], true));
    expect([decoder.push(0), decoder.push(0), decoder.flush(), decoder.push(0)]).toEqual([
      'x',
      ' x',
      '',
      'x',
    ]);
  });
});
