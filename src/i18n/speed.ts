/** The sentences of the speed settings and of the benchmark: they come with their screens, not with the first chunk. */
import { useMemo } from 'react';
import { type Translator, translator, useLanguageStore } from './language';
import { speedEn } from './speed-en';
import { type SpeedKey, speedZhCN } from './speed-zh-CN';
import type { MessageKey } from './zh-CN';

export type SpeedTranslator = Translator<MessageKey | SpeedKey>;

export function useSpeedT(): SpeedTranslator {
  const language = useLanguageStore((state) => state.language);
  return useMemo(() => translator(language, language === 'zh' ? speedZhCN : speedEn), [language]);
}
