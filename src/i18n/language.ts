/**
 * Which language is shown, and the hooks that read it. Order: `?lang=` of the address, the choice in
 * Settings, the browser's language. Both dictionaries are in the first chunk: together they are 10 KB.
 */
import { useMemo } from 'react';
import { create } from 'zustand';
import { AppError } from '../core/errors';
import { en } from './en';
import * as format from './format';
import { type Dictionary, type MessageKey, zhCN } from './zh-CN';

export type Language = 'zh' | 'en';

const DICTIONARIES: Record<Language, Dictionary> = { zh: zhCN, en };
const LOCALES: Record<Language, string> = { zh: 'zh-CN', en: 'en' };

export function languageOf(tag: string | null | undefined): Language | undefined {
  const primary = tag?.toLowerCase().split('-')[0];
  return primary === 'zh' || primary === 'en' ? primary : undefined;
}

/** The first language of the browser that we have; English where there is none. */
export function systemLanguage(tags: readonly string[]): Language {
  for (const tag of tags) {
    const language = languageOf(tag);
    if (language) return language;
  }
  return 'en';
}

interface LanguageState {
  readonly language: Language;
  readonly setLanguage: (language: Language) => void;
}

export const useLanguageStore = create<LanguageState>()((set) => ({
  language: systemLanguage(globalThis.navigator?.languages ?? []),
  setLanguage: (language) => set({ language }),
}));

export interface Translator<Key extends string = MessageKey> {
  (key: Key, params?: format.Params): string;
  readonly language: Language;
  readonly locale: string;
  /** The sentence for anything caught, saying what happened and what to do. */
  error(error: unknown): string;
  bytes(value: number): string;
  number(value: number, digits?: number): string;
  percent(fraction: number): string;
  seconds(ms: number): string;
  /** Roughly how long: "12 min", "1 hr 5 min". */
  duration(ms: number): string;
  when(at: number): string;
}

export function translator(language: Language): Translator;
/** @param more sentences of a screen that is a chunk of its own. */
export function translator<Key extends string>(
  language: Language,
  more: Readonly<Record<Key, string>>,
): Translator<MessageKey | Key>;
export function translator(language: Language, more: Readonly<Record<string, string>> = {}): Translator {
  const dictionary: Readonly<Record<string, string>> = { ...DICTIONARIES[language], ...more };
  const locale = LOCALES[language];
  const t = (key: string, params: format.Params = {}) =>
    format.formatMessage(dictionary[key]!, params, locale);
  return Object.assign(t, {
    language,
    locale,
    error: (error: unknown) => {
      const { code, details } = AppError.from(error);
      return t(`error.${code}`, details);
    },
    bytes: (value: number) => format.formatBytes(value, locale),
    number: (value: number, digits?: number) => format.formatNumber(value, locale, digits),
    percent: (fraction: number) => format.formatPercent(fraction, locale),
    seconds: (ms: number) => format.formatSeconds(ms, locale),
    duration: (ms: number) => format.formatDuration(ms, locale),
    when: (at: number) => format.formatWhen(at, locale),
  });
}

export function useT(): Translator {
  const language = useLanguageStore((state) => state.language);
  return useMemo(() => translator(language), [language]);
}

/** Outside React, in the language shown now. */
export function currentTranslator(): Translator {
  return translator(useLanguageStore.getState().language);
}
