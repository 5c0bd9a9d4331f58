/**
 * The numeric options of a conversation in one table: names, limits, steps. The panel, the default
 * sampling in Settings and the validation all read it.
 */
import type { ModelDefaults } from '../../engine/model-info';
import type { MessageKey } from '../../i18n/zh-CN';
import type { ChatOptions } from '../../store/chats';

export type NumberOption = Exclude<keyof ChatOptions, 'systemPrompt'>;

export interface OptionField {
  readonly name: NumberOption;
  readonly label: MessageKey;
  readonly help: MessageKey;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly isInteger: boolean;
}

export const SYSTEM_PROMPT_LIMIT = 20_000;

export const OPTION_FIELDS: readonly OptionField[] = [
  field('temperature', 0, 2, 0.05),
  field('topP', 0.01, 1, 0.01),
  field('topK', 0, 1000, 1),
  field('repetitionPenalty', 0.5, 2, 0.01),
  field('maxTokens', 1, 32_768, 1),
  field('seed', 0, 2 ** 31 - 1, 1),
];

function field(name: NumberOption, min: number, max: number, step: number): OptionField {
  return {
    name,
    label: `options.${name}`,
    help: `options.${name}Help`,
    min,
    max,
    step,
    isInteger: step === 1,
  };
}

export type ParsedOption =
  | { readonly kind: 'empty' }
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'invalid'; readonly reason: 'options.outOfRange' | 'options.notInteger' };

/** Reads what was typed; a decimal comma and full-width digits count too. */
export function parseOption(text: string, { min, max, isInteger }: OptionField): ParsedOption {
  const plain = text.normalize('NFKC').trim().replace(',', '.');
  if (plain === '') return { kind: 'empty' };
  const value = Number(plain);
  const isFine =
    Number.isFinite(value) && value >= min && value <= max && (!isInteger || Number.isInteger(value));
  if (isFine) return { kind: 'value', value };
  return { kind: 'invalid', reason: isInteger ? 'options.notInteger' : 'options.outOfRange' };
}

/** What the model would use on its own; undefined where it has no fixed value. */
export function defaultOf(name: NumberOption, defaults: ModelDefaults | undefined): number | undefined {
  return name === 'seed' ? undefined : defaults?.[name];
}

/** Options with one changed or, when undefined, back to the default. */
export function withOption<Name extends keyof ChatOptions>(
  options: ChatOptions,
  name: Name,
  value: ChatOptions[Name] | undefined,
): ChatOptions {
  const { [name]: _old, ...rest } = options;
  return value === undefined ? rest : { ...rest, [name]: value };
}

/** The fields with the limits of a model: an answer cannot be longer than what the context has left. */
export function fieldsFor(contextLength: number | undefined): readonly OptionField[] {
  if (contextLength === undefined) return OPTION_FIELDS;
  return OPTION_FIELDS.map((field) =>
    field.name === 'maxTokens' ? { ...field, max: contextLength - 1 } : field,
  );
}
