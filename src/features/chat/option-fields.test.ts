import { describe, expect, it } from 'vitest';
import { fieldsFor, OPTION_FIELDS, type OptionField, parseOption, withOption } from './option-fields';

const field = (name: string): OptionField => OPTION_FIELDS.find((entry) => entry.name === name)!;

describe('parseOption', () => {
  it('reads numbers as people type them', () => {
    expect(parseOption(' 0.7 ', field('temperature'))).toEqual({ kind: 'value', value: 0.7 });
    expect(parseOption('0,7', field('temperature'))).toEqual({ kind: 'value', value: 0.7 });
    expect(parseOption('０．７', field('temperature'))).toEqual({ kind: 'value', value: 0.7 });
    expect(parseOption('', field('temperature'))).toEqual({ kind: 'empty' });
  });

  it('says what is wrong', () => {
    for (const text of ['-1', '2.1', 'x', 'NaN', 'Infinity', '1e9'])
      expect(parseOption(text, field('temperature'))).toMatchObject({ reason: 'options.outOfRange' });
    for (const text of ['1.5', '-1', '0x'])
      expect(parseOption(text, field('topK'))).toMatchObject({ reason: 'options.notInteger' });
  });

  it('takes the limits themselves', () => {
    for (const entry of OPTION_FIELDS)
      for (const limit of [entry.min, entry.max])
        expect(parseOption(String(limit), entry)).toEqual({ kind: 'value', value: limit });
  });
});

describe('withOption', () => {
  it('leaves no trace of what is back at its default', () => {
    const options = withOption({ temperature: 1, topK: 3 }, 'temperature', undefined);
    expect(options).toEqual({ topK: 3 });
    expect('temperature' in options).toBe(false);
  });
});

describe('fieldsFor', () => {
  it('bounds the length of an answer by the context', () => {
    const max = (length?: number) => fieldsFor(length).find(({ name }) => name === 'maxTokens')!.max;
    expect(max(1024)).toBe(1023);
    expect(max()).toBeGreaterThan(2048);
  });
});
