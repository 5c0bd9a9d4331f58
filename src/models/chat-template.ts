/**
 * How a conversation becomes the text a model was trained on. A `ChatTemplate` is data with the shape of
 * MLC's `conv_template` (see conv-template.ts) plus what that cannot say; `renderChat` is the only renderer.
 * Markers and messages stay apart as segments, because only markers may become special tokens.
 */
import type { PromptSegment } from '../tokenizer/encode-segments';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A token by its text (looked up in the tokenizer's specials) or by its id. */
export type TokenRef = string | number;

export interface ChatTemplate {
  readonly name: string;
  /** What stands before the first turn; `{system_message}` is replaced. '' for templates without one. */
  readonly systemTemplate: string;
  /** The text used where the user sets none. */
  readonly systemMessage: string;
  /** False: an empty system message leaves `systemTemplate` out altogether. */
  readonly rendersEmptySystem: boolean;
  /**
   * What becomes of the user's own system text: it takes the place of `systemMessage`, or follows it inside
   * `instructionTemplate`, or the model knows no such thing and it is left out.
   */
  readonly systemUse: 'replace' | 'instruction' | 'none';
  readonly instructionTemplate: string;
  readonly roles: Readonly<Record<'user' | 'assistant', string>>;
  /** What surrounds a message, e.g. `{user_message}`. */
  readonly roleTemplates: Readonly<Record<'user' | 'assistant', string>>;
  /** False: the first message after a system text has no role in front. */
  readonly hasRoleAfterSystem: boolean;
  /** Between a role and its message. */
  readonly contentSep: string;
  /** After the role of the answer to be written, in place of `contentSep`; the trailing space lives here. */
  readonly openSep: string;
  /** After message i stands `seps[i % seps.length]`. */
  readonly seps: readonly string[];
  /** Tokens in front of everything (BOS). */
  readonly prefixTokens: readonly TokenRef[];
  readonly stopStrings: readonly string[];
  readonly stopTokens: readonly TokenRef[];
  /** White space around the user's messages is not part of the prompt. */
  readonly trimsUser: boolean;
  /** Past answers are encoded on their own, not together with the marker before them. */
  readonly encodesAnswersAfresh: boolean;
}

export const SYSTEM_PLACEHOLDER = '{system_message}';
export const MESSAGE_PLACEHOLDERS = { user: '{user_message}', assistant: '{assistant_message}' } as const;

/** False where the user's own system text would be ignored, so that the interface can say so. */
export function supportsSystem(template: ChatTemplate): boolean {
  return template.systemUse !== 'none';
}

/** False for plain completion, whose text has no turns. */
export function isChatTemplate(template: ChatTemplate): boolean {
  return template.roles.user !== '' || template.roles.assistant !== '' || template.contentSep !== '';
}

/**
 * Space that the model itself writes before its answer, because the open turn ends before it (`###Assistant:`)
 * while past answers have it in their marker (`###Assistant: `). Callers drop it from what they show.
 */
export function answerLead(template: ChatTemplate): string {
  const { contentSep, openSep } = template;
  return contentSep.startsWith(openSep) ? contentSep.slice(openSep.length) : '';
}

const marker = (text: string): PromptSegment => ({ text, specials: true });
const written = (text: string): PromptSegment => ({ text, specials: false });

/** Text around a placeholder; a template without it counts as text in front. */
function around(template: string, placeholder: string): [string, string] {
  const at = template.indexOf(placeholder);
  return at < 0 ? [template, ''] : [template.slice(0, at), template.slice(at + placeholder.length)];
}

function fill(template: string, placeholder: string, content: PromptSegment): PromptSegment[] {
  const [before, after] = around(template, placeholder);
  return [marker(before), content, marker(after)];
}

function renderSystem(template: ChatTemplate, system: string): PromptSegment[] {
  const isReplaced = template.systemUse === 'replace' && system !== '';
  const message = isReplaced ? written(system) : marker(template.systemMessage);
  const isLeftOut = message.text === '' && !template.rendersEmptySystem;
  const segments = isLeftOut ? [] : fill(template.systemTemplate, SYSTEM_PLACEHOLDER, message);
  if (template.systemUse !== 'instruction' || system === '') return segments;
  return [...segments, ...fill(template.instructionTemplate, SYSTEM_PLACEHOLDER, written(system))];
}

function contentOf(template: ChatTemplate, { role, content }: ChatMessage): PromptSegment {
  if (role === 'user') return written(template.trimsUser ? content.trim() : content);
  const lead = answerLead(template);
  const text = lead !== '' && content.startsWith(lead) ? content.slice(lead.length) : content;
  return template.encodesAnswersAfresh ? { text, specials: false, startsAfresh: true } : written(text);
}

/**
 * Renders turns (user first, then alternating) up to the open turn of the assistant. `system` is the user's
 * own system text, '' for none. Empty segments are left out; `prefixTokens` are not part of the text.
 */
export function renderChat(
  template: ChatTemplate,
  turns: readonly ChatMessage[],
  system: string,
): readonly PromptSegment[] {
  const segments = renderSystem(template, system);
  const hasSystem = segments.some((segment) => segment.text !== '');
  turns.forEach((turn, index) => {
    const role = turn.role === 'assistant' ? 'assistant' : 'user';
    const hasRole = template.hasRoleAfterSystem || !hasSystem || index > 0;
    segments.push(
      marker(hasRole ? template.roles[role] + template.contentSep : ''),
      ...fill(template.roleTemplates[role], MESSAGE_PLACEHOLDERS[role], contentOf(template, turn)),
      marker(template.seps[index % template.seps.length] ?? ''),
    );
  });
  segments.push(marker(template.roles.assistant + template.openSep));
  return segments.filter((segment) => segment.text !== '');
}

/** The rendered text as one string, for people and tests. */
export function segmentsText(segments: readonly PromptSegment[]): string {
  return segments.map((segment) => segment.text).join('');
}

/** Ids of token references; a text that the tokenizer does not have is left out. */
export function resolveTokens(refs: readonly TokenRef[], specials: ReadonlyMap<string, number>): number[] {
  const ids = refs.map((ref) => (typeof ref === 'number' ? ref : specials.get(ref)));
  return [...new Set(ids.filter((id) => id !== undefined))];
}
