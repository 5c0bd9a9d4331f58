/**
 * The prompts of the Aquila and Ziya families, to the letter.
 * Sources: FlagAI flagai/model/aquila2/conversation.py and utils.py (Aquila2's helper tokenises the rendered
 * prompt plus one space, hence the spaces in `openSep`), examples/Aquila/Aquila-chat/cyg_conversation.py (v1,
 * without that space), Ziya-LLaMA-13B-v1's model card and Fengshenbang-LM finetune_ziya_llama.py.
 */
import { type ChatTemplate, MESSAGE_PLACEHOLDERS, SYSTEM_PLACEHOLDER } from './chat-template';

export const AQUILA_SYSTEM_MESSAGE =
  'A chat between a curious human and an artificial intelligence assistant. ' +
  "The assistant gives helpful, detailed, and polite answers to the human's questions.";

/** Plain continuation: nothing around, nothing between. Base and code models of Aquila add no BOS. */
const COMPLETION: ChatTemplate = {
  name: 'completion',
  systemTemplate: '',
  systemMessage: '',
  rendersEmptySystem: true,
  systemUse: 'none',
  instructionTemplate: '',
  roles: { user: '', assistant: '' },
  roleTemplates: MESSAGE_PLACEHOLDERS,
  hasRoleAfterSystem: true,
  contentSep: '',
  openSep: '',
  seps: [''],
  prefixTokens: [],
  stopStrings: [],
  stopTokens: ['</s>', '<|endoftext|>', '<|end_of_text|>'],
  trimsUser: false,
  encodesAnswersAfresh: false,
};

/** Shared by the templates that begin with the system text and end an answer at `</s>`. */
const AQUILA_BASE: ChatTemplate = {
  ...COMPLETION,
  name: '',
  systemTemplate: `${SYSTEM_PLACEHOLDER}###`,
  systemMessage: AQUILA_SYSTEM_MESSAGE,
  systemUse: 'replace',
  roles: { user: 'Human', assistant: 'Assistant' },
  contentSep: ': ',
  openSep: ': ',
  seps: ['###', '</s>'],
  stopStrings: ['</s>', '[UNK]'],
  // Id 0 is FlagAI's "[UNK]": its text form never comes out of this tokenizer, the id ends the answer.
  stopTokens: ['</s>', '<|endoftext|>'],
};

export const TEMPLATES = {
  completion: COMPLETION,
  /** Plain continuation for LLaMA tokenizers, which put BOS in front of everything. */
  'completion-bos': {
    ...COMPLETION,
    name: 'completion-bos',
    prefixTokens: ['<s>'],
    stopTokens: ['</s>'],
  },
  'aquila-chat': {
    ...AQUILA_BASE,
    name: 'aquila-chat',
    systemUse: 'instruction',
    instructionTemplate: `System: ${SYSTEM_PLACEHOLDER}###`,
    openSep: ':',
    seps: ['###'],
    stopStrings: ['###', '</s>', '[UNK]'],
  },
  'aquila-legacy': {
    ...AQUILA_BASE,
    name: 'aquila-legacy',
    systemTemplate: `${SYSTEM_PLACEHOLDER}\n\n`,
    roles: { user: '### Human', assistant: '### Assistant' },
    openSep: ':  ',
    seps: ['\n', '</s>'],
  },
  aquila: { ...AQUILA_BASE, name: 'aquila' },
  'aquila-v1': {
    ...AQUILA_BASE,
    name: 'aquila-v1',
    systemTemplate: '',
    systemMessage: '',
    systemUse: 'none',
    roles: { user: '<|startofpiece|>', assistant: '<|endofpiece|>' },
    contentSep: '',
    openSep: ' ',
    seps: ['', '</s>'],
    stopStrings: ['</s>', '<|endoftext|>'],
  },
  'aquila-v2': {
    ...AQUILA_BASE,
    name: 'aquila-v2',
    systemTemplate: `${SYSTEM_PLACEHOLDER}\n\n`,
    roles: { user: '<|startofpiece|>', assistant: '<|endofpiece|>' },
    contentSep: '',
    openSep: ' ',
    seps: ['', '</s>'],
    stopStrings: ['</s>', '<|endoftext|>', '<|startofpiece|>', '<|endofpiece|>'],
    stopTokens: ['</s>', '<|endoftext|>', '<|startofpiece|>', '<|endofpiece|>'],
  },
  /**
   * Turns follow each other as in training: `</s>` after an answer, nothing between, one BOS in front. The
   * answer was tokenised on its own there, so a past answer is, too. The line break before `<bot>` is kept as
   * the model card writes it, although the slow tokenizers of its day may have stripped it.
   */
  ziya: {
    ...COMPLETION,
    name: 'ziya',
    roles: { user: '<human>', assistant: '<bot>' },
    contentSep: ':',
    openSep: ':',
    seps: ['\n', '</s>'],
    prefixTokens: ['<s>'],
    stopTokens: ['</s>'],
    trimsUser: true,
    encodesAnswersAfresh: true,
  },
} as const satisfies Record<string, ChatTemplate>;

export type TemplateName = keyof typeof TEMPLATES;
