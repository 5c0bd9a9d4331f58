import { describe, expect, it } from 'vitest';
import { AppError, ERROR_CODES } from '../core/errors';
import { catalogueEn } from './catalogue-en';
import { catalogueZhCN } from './catalogue-zh-CN';
import { en } from './en';
import { formatBytes, formatDuration, formatMessage, formatSeconds } from './format';
import { languageOf, systemLanguage, translator } from './language';
import { speedEn } from './speed-en';
import { speedZhCN } from './speed-zh-CN';
import { type MessageKey, zhCN } from './zh-CN';

const KEYS = Object.keys(zhCN) as MessageKey[];

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)/g)].map(([, name]) => name!).sort();
}

describe('dictionaries', () => {
  it('have the same keys, none empty', () => {
    expect(Object.keys(en).sort()).toEqual([...KEYS].sort());
    for (const key of KEYS) {
      expect(zhCN[key].trim(), key).not.toBe('');
      expect(en[key].trim(), key).not.toBe('');
    }
  });

  it('use the same placeholders', () => {
    for (const key of KEYS)
      expect([...new Set(placeholders(en[key]))], key).toEqual([...new Set(placeholders(zhCN[key]))]);
  });

  it('have a sentence for every error code that ends with what to do', () => {
    for (const code of ERROR_CODES) {
      expect(zhCN[`error.${code}`], code).toMatch(/。.*。$/s);
      expect(en[`error.${code}`], code).toMatch(/[.:;].*\.$/s);
    }
  });

  it('keep the accessible names that tests and users rely on', () => {
    const t = translator('en');
    expect([
      t('chat.message'),
      t('chat.send'),
      t('chat.stop'),
      t('nav.newChat'),
      t('chat.regenerate'),
      t('chat.edit'),
      t('chat.copy'),
      t('nav.models'),
      t('nav.settings'),
      t('chat.you'),
      t('chat.assistant'),
    ]).toEqual([
      'Message',
      'Send',
      'Stop',
      'New chat',
      'Regenerate',
      'Edit',
      'Copy',
      'Models',
      'Settings',
      'You',
      'Assistant',
    ]);
  });
});

describe.each([
  { name: 'the catalogue', chinese: catalogueZhCN, english: catalogueEn },
  { name: 'speed and benchmark', chinese: speedZhCN, english: speedEn },
])('the dictionaries of $name', (pair) => {
  const chinese: Readonly<Record<string, string>> = pair.chinese;
  const english: Readonly<Record<string, string>> = pair.english;

  it('have the same keys with the same placeholders, none empty', () => {
    expect(Object.keys(english).sort()).toEqual(Object.keys(chinese).sort());
    for (const [key, text] of Object.entries(chinese)) {
      expect(text.trim(), key).not.toBe('');
      expect(english[key]?.trim(), key).not.toBe('');
      expect([...new Set(placeholders(english[key]!))], key).toEqual([...new Set(placeholders(text))]);
    }
  });

  it('repeat no key of the first chunk', () => {
    expect(Object.keys(chinese).filter((key) => key in zhCN)).toEqual([]);
  });

  it('show no raw placeholder where nothing is given', () => {
    for (const text of [...Object.values(chinese), ...Object.values(english)])
      expect(formatMessage(text, {}, 'en')).not.toMatch(/[{}[\]]/);
  });
});

it('a dictionary of a screen extends the translator', () => {
  const t = translator('zh', catalogueZhCN);
  expect(t('catalogue.get')).toBe('获取');
  expect(t('nav.models')).toBe('模型');
});

describe('formatMessage', () => {
  it('fills values and groups numbers', () => {
    expect(formatMessage('{a} of {b}', { a: 1234, b: 'x' }, 'en')).toBe('1,234 of x');
    expect(formatMessage('{sizeBytes}', { sizeBytes: 4_200_000_000 }, 'en')).toBe('4.2 GB');
  });

  it('picks the plural form', () => {
    expect(formatMessage('{n} {n|turn|turns}', { n: 1 }, 'en')).toBe('1 turn');
    expect(formatMessage('{n} {n|turn|turns}', { n: 2 }, 'en')).toBe('2 turns');
  });

  it('leaves out a part whose value is missing', () => {
    expect(formatMessage('Gone[: {file}][ ({status})].', { status: 404 }, 'en')).toBe('Gone (404).');
  });

  it('never shows a raw placeholder', () => {
    expect(formatMessage('{a} and {b}', { a: 1 }, 'en')).not.toMatch(/[{}]/);
    for (const key of KEYS)
      for (const dictionary of [zhCN, en])
        expect(formatMessage(dictionary[key], {}, 'en'), key).not.toMatch(/[{}[\]]/);
  });

  it('does not read placeholders inside values', () => {
    expect(formatMessage('[“{file}”]', { file: 'a{b}[c].bin' }, 'en')).toBe('“a{b}[c].bin”');
  });
});

describe('translator', () => {
  it('turns an error and its wire form into the same sentence', () => {
    const error = new AppError('hash-mismatch', { file: 'params_shard_0.bin' });
    const t = translator('zh');
    expect(t.error(error)).toContain('params_shard_0.bin');
    expect(t.error(String(error))).toBe(t.error(error));
    expect(t.error('boom')).toContain('boom');
  });
});

describe('formats', () => {
  it('bytes and seconds', () => {
    expect(formatBytes(0, 'en')).toBe('0 bytes');
    expect(formatBytes(999, 'en')).toBe('999 bytes');
    expect(formatBytes(1500, 'en')).toBe('1.5 kB');
    expect(formatSeconds(312, 'en')).toBe('0.31s');
  });

  it('durations, no more exact than an estimate is', () => {
    const english = [400, 43_000, 58_000, 725_000, 3_600_000, 3_900_000, 200_000_000];
    expect(english.map((ms) => formatDuration(ms, 'en'))).toEqual([
      '1 sec',
      '45 sec',
      '1 min',
      '12 min',
      '1 hr',
      '1 hr 5 min',
      '2 days',
    ]);
    expect(formatDuration(3_900_000, 'zh-CN')).toBe('1小时5分钟');
  });
});

describe('language', () => {
  it('reads tags', () => {
    expect(languageOf('zh-Hant-TW')).toBe('zh');
    expect(languageOf('en-GB')).toBe('en');
    expect(languageOf('fr')).toBeUndefined();
    expect(systemLanguage(['fr-FR', 'zh-CN', 'en'])).toBe('zh');
    expect(systemLanguage(['ja'])).toBe('en');
  });
});
