import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseSourceSpec } from '../convert/sources/source-spec';
import { CATALOGUE, catalogueModel } from '../models/catalogue/index';
import { main } from './main';

let out: string[];
let err: string[];
beforeEach(() => {
  out = [];
  err = [];
  vi.spyOn(console, 'log').mockImplementation((text) => out.push(String(text)));
  vi.spyOn(console, 'error').mockImplementation((text) => err.push(String(text)));
});
afterEach(() => vi.restoreAllMocks());

const lines = () => out.join('\n').split('\n');
const row = (id: string) => lines().find((line) => line.startsWith(`${id} `));

describe('catalogue', () => {
  test('lists every model with its sizes', async () => {
    expect(await main(['catalogue'])).toBe(0);
    for (const { id } of CATALOGUE) expect(row(id)).toBeDefined();
    expect(row('aquila-7b')).toMatch(/base +14\.6 GB +4\.1 GB +5\.\d\d GiB +2048 +available$/);
    expect(row('ziya-llama-13b-v1')).toContain('~26.2 GB + base');
    expect(row('aquilachat-33b')).toMatch(/chat +- +- +- +- +never released$/);
  });

  test('judges by the memory that is stated', async () => {
    expect(await main(['catalogue', '--memory', '8'])).toBe(0);
    expect(row('aquila-7b')).toMatch(/ fits$/);
    expect(row('aquilachat2-34b')).toMatch(/19\.24 GiB .* too large$/);
    expect(await main(['catalogue', '--memory', 'much'])).toBe(2);
    expect(err.join('\n')).toContain('--memory much');
  });

  test('tells everything about one', async () => {
    expect(await main(['catalogue', 'aquilachat2-34b-16k', '--memory', '24'])).toBe(0);
    const text = out.join('\n');
    for (const part of [
      'linear ×4',
      'aquila, ends at </s> <|endoftext|>',
      'temperature 1, top-k 15, top-p 0.9, in the order topp-topk-temperature',
      'tight: comfortable with a shorter context only',
      'rope_scaling: null becomes {"type":"linear","factor":4} (some revisions lack it',
      'in force since 2023-06-08',
      '--source hf:BAAI/AquilaChat2-34B-16K@1692fcbf70d3a22d50e40657cb91c439181b11db --quantization q4f16_1',
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('undefined');
  });

  test('tells of deltas and of what must not be passed on', async () => {
    expect(await main(['catalogue', 'Ziya-LLaMA-13B-v1.1'])).toBe(0);
    const text = out.join('\n');
    expect(text).toContain('a delta over LLaMA-13B (26.0 GB more)');
    expect(text).toContain('hf:IDEA-CCNL/Ziya-LLaMA-13B-v1.1 --base LLAMA-13B-FOLDER');
    expect(text).toContain('hf:erberry/Ziya-LLaMA-13B-v1.1-merged, offered by erberry');
    expect(text).toContain('must not be passed on');
  });

  test.each(CATALOGUE.map(({ id }) => id))('has a page and JSON for %s', async (id) => {
    expect(await main(['catalogue', id])).toBe(0);
    expect(out.join('\n')).not.toMatch(/undefined|NaN/);
    out = [];
    expect(await main(['catalogue', id, '--json'])).toBe(0);
    const json = JSON.parse(out.join('\n')) as { id: string; convert: string[]; licence: { urls: string[] } };
    expect(json).toMatchObject({ id, name: catalogueModel(id)!.name });
    expect(json.licence.urls.length).toBeGreaterThan(0);
    for (const line of json.convert) {
      const spec = / --source (\S+)/.exec(line)?.[1];
      expect(parseSourceSpec(spec!)).toMatchObject({
        kind: expect.stringMatching(/^(hugging-face|modelscope)$/),
      });
    }
  });

  test('prints the whole list as JSON', async () => {
    expect(await main(['catalogue', '--json'])).toBe(0);
    expect((JSON.parse(out.join('\n')) as unknown[]).length).toBe(CATALOGUE.length);
  });

  test('refuses what it does not know', async () => {
    expect(await main(['catalogue', 'gpt-2'])).toBe(1);
    expect(err.join('\n')).toContain('gpt-2');
    expect(await main(['catalogue', '--all'])).toBe(2);
    expect(await main(['catalogue', 'aquila-7b', 'more'])).toBe(2);
  });
});
