/**
 * The language side of a package: its template and its settings from mlc-chat-config.json, completed by the
 * tokenizer.
 */
import type { Tokenizer } from '../tokenizer/types';
import { type ChatTemplate, resolveTokens } from './chat-template';
import { fromConvTemplate } from './conv-template';
import { type GenerationDefaults, readGenerationDefaults } from './generation-defaults';

export interface ModelLanguage {
  readonly template: ChatTemplate;
  readonly defaults: GenerationDefaults;
  /** Ids that end an answer. */
  readonly stopIds: ReadonlySet<number>;
  /** Rows of the embedding that stand for no token and are never drawn. */
  readonly paddingIds: readonly number[];
}

/** `vocab`: rows of the embedding. Throws AppError `config-invalid` {field, value}. */
export function readModelLanguage(
  chatConfig: Readonly<Record<string, unknown>>,
  tokenizer: Tokenizer,
  vocab: number,
): ModelLanguage {
  const template = fromConvTemplate(chatConfig.conv_template);
  return {
    template,
    defaults: readGenerationDefaults(chatConfig),
    stopIds: new Set(resolveTokens(template.stopTokens, tokenizer.specials)),
    paddingIds: Array.from(
      { length: Math.max(0, vocab - tokenizer.vocabSize) },
      (_, i) => tokenizer.vocabSize + i,
    ),
  };
}
