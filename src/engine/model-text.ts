/** The language side of a loaded model as generation needs it: tokens, prompts, endings, defaults. */
import { answerLead, type ChatMessage, isChatTemplate, supportsSystem } from '../models/chat-template';
import type { GenerationDefaults } from '../models/generation-defaults';
import { readModelLanguage } from '../models/model-language';
import type { ModelPackage } from '../models/package';
import { buildPrompt, encodeCompletion } from '../models/prompt';
import { createTokenizer } from '../tokenizer/create-tokenizer';
import type { Tokenizer } from '../tokenizer/types';

export interface TextPrompt {
  /** [promptTokens] ids. */
  readonly ids: readonly number[];
  /** Messages left out, oldest first, so that the rest fits. */
  readonly droppedMessages: number;
  /** Space that the model writes before its answer and that is not part of it; '' for none. */
  readonly lead: string;
}

export interface ModelText {
  readonly tokenizer: Tokenizer;
  /** False for base and code models, which have no turns. */
  readonly isChat: boolean;
  /** False where a system text of the user would be ignored. */
  readonly supportsSystem: boolean;
  readonly defaults: GenerationDefaults;
  /** Ids that end an answer. */
  readonly stopIds: ReadonlySet<number>;
  /** Strings that end an answer and do not belong to it. */
  readonly stopStrings: readonly string[];
  /** @param maxTokens length asked for, kept free. Throws `message-too-long`, `message-empty`, `request-unsupported`. */
  fillChat(
    messages: readonly ChatMessage[],
    contextLength: number,
    maxTokens: number | undefined,
  ): TextPrompt;
  /** A text to be continued as it stands. */
  fillCompletion(text: string): TextPrompt;
}

/** @throws AppError `config-invalid`, `file-missing`, `tokenizer-invalid`. */
export async function openText(model: ModelPackage): Promise<ModelText> {
  const tokenizer = await createTokenizer(model.files);
  const { template, defaults, stopIds } = readModelLanguage(
    model.chatConfig,
    tokenizer,
    model.architecture.vocab,
  );
  const lead = answerLead(template);
  return {
    tokenizer,
    isChat: isChatTemplate(template),
    supportsSystem: supportsSystem(template),
    defaults,
    stopIds,
    stopStrings: template.stopStrings,
    fillChat(messages, contextLength, maxTokens) {
      const { ids, dropped } = buildPrompt({ template, tokenizer, messages, contextLength, maxTokens });
      return { ids, droppedMessages: dropped, lead };
    },
    fillCompletion: (text) => ({
      ids: encodeCompletion(template, tokenizer, text),
      droppedMessages: 0,
      lead: '',
    }),
  };
}
