/** The sentences of the catalogue and of conversions: they come with the Models screen, not with the first chunk. */
import { useMemo } from 'react';
import { catalogueEn } from './catalogue-en';
import { type CatalogueKey, catalogueZhCN } from './catalogue-zh-CN';
import { type Translator, translator, useLanguageStore } from './language';
import type { MessageKey } from './zh-CN';

export type CatalogueTranslator = Translator<MessageKey | CatalogueKey>;

export function useCatalogueT(): CatalogueTranslator {
  const language = useLanguageStore((state) => state.language);
  return useMemo(() => translator(language, language === 'zh' ? catalogueZhCN : catalogueEn), [language]);
}
