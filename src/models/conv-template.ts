/**
 * MLC's `conv_template` (in mlc-chat-config.json) to and from a `ChatTemplate`. The package decides the
 * prompt, for the stock engine and for ours. What conv_template has no word for stands in its own field
 * `aerie`, which other readers ignore.
 */
import * as v from 'valibot';
import { AppError } from '../core/errors';
import { type ChatTemplate, MESSAGE_PLACEHOLDERS, resolveTokens, type TokenRef } from './chat-template';

const Ids = v.array(v.pipe(v.number(), v.integer(), v.minValue(0)));
const Refs = v.array(v.union([v.string(), v.pipe(v.number(), v.integer(), v.minValue(0))]));

const Aerie = v.object({
  system_use: v.picklist(['replace', 'instruction', 'none']),
  instruction_template: v.string(),
  prefix_tokens: Refs,
  stop_tokens: Refs,
  trims_user: v.boolean(),
  encodes_answers_afresh: v.boolean(),
});

const ConvTemplate = v.object({
  name: v.nullish(v.string(), 'custom'),
  system_template: v.nullish(v.string(), '{system_message}'),
  system_message: v.nullish(v.string(), ''),
  system_prefix_token_ids: v.nullish(Ids, []),
  add_role_after_system_message: v.nullish(v.boolean(), true),
  render_empty_system_message: v.nullish(v.boolean(), true),
  roles: v.object({ user: v.string(), assistant: v.string() }),
  role_templates: v.nullish(v.object({ user: v.nullish(v.string()), assistant: v.nullish(v.string()) }), {}),
  seps: v.pipe(v.array(v.string()), v.minLength(1)),
  role_content_sep: v.nullish(v.string(), ': '),
  role_empty_sep: v.nullish(v.string(), ': '),
  stop_str: v.nullish(v.union([v.array(v.string()), v.string()]), []),
  stop_token_ids: v.nullish(Ids, []),
  aerie: v.optional(Aerie),
});

/** Reads a package's conv_template. Throws AppError `config-invalid` {field, value}. */
export function fromConvTemplate(json: unknown): ChatTemplate {
  const parsed = v.safeParse(ConvTemplate, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const path = v.getDotPath(issue);
    throw new AppError('config-invalid', {
      field: path === null ? 'conv_template' : `conv_template.${path}`,
      value: issue.received,
    });
  }
  const conv = parsed.output;
  const { aerie } = conv;
  return {
    name: conv.name,
    systemTemplate: conv.system_template,
    systemMessage: conv.system_message,
    rendersEmptySystem: conv.render_empty_system_message,
    systemUse: aerie?.system_use ?? (conv.system_template.includes('{system_message}') ? 'replace' : 'none'),
    instructionTemplate: aerie?.instruction_template ?? '',
    roles: conv.roles,
    roleTemplates: {
      user: cleanTemplate(conv.role_templates.user, MESSAGE_PLACEHOLDERS.user),
      assistant: cleanTemplate(conv.role_templates.assistant, MESSAGE_PLACEHOLDERS.assistant),
    },
    hasRoleAfterSystem: conv.add_role_after_system_message,
    contentSep: conv.role_content_sep,
    openSep: conv.role_empty_sep,
    seps: conv.seps,
    prefixTokens: aerie?.prefix_tokens ?? conv.system_prefix_token_ids,
    stopStrings: typeof conv.stop_str === 'string' ? [conv.stop_str] : conv.stop_str,
    stopTokens: aerie?.stop_tokens ?? conv.stop_token_ids,
    trimsUser: aerie?.trims_user ?? false,
    encodesAnswersAfresh: aerie?.encodes_answers_afresh ?? false,
  };
}

/** Tools are not offered, so the place for their description stays empty, as web-llm leaves it. */
function cleanTemplate(template: string | null | undefined, placeholder: string): string {
  return (template ?? placeholder).replaceAll('{function_string}', '');
}

export interface ConvTemplateJson extends v.InferInput<typeof ConvTemplate> {
  readonly stop_token_ids: number[];
}

/**
 * Writes a template for mlc-chat-config.json; `specials` gives token texts their ids. `fromConvTemplate` of the
 * result is the same template again.
 */
export function toConvTemplate(
  template: ChatTemplate,
  specials: ReadonlyMap<string, number>,
): ConvTemplateJson {
  const refs = (list: readonly TokenRef[]) => [...list];
  return {
    name: template.name,
    system_template: template.systemTemplate,
    system_message: template.systemMessage,
    system_prefix_token_ids: resolveTokens(template.prefixTokens, specials),
    add_role_after_system_message: template.hasRoleAfterSystem,
    render_empty_system_message: template.rendersEmptySystem,
    roles: { user: template.roles.user, assistant: template.roles.assistant },
    role_templates: { user: template.roleTemplates.user, assistant: template.roleTemplates.assistant },
    seps: [...template.seps],
    role_content_sep: template.contentSep,
    role_empty_sep: template.openSep,
    stop_str: [...template.stopStrings],
    stop_token_ids: resolveTokens(template.stopTokens, specials),
    aerie: {
      system_use: template.systemUse,
      instruction_template: template.instructionTemplate,
      prefix_tokens: refs(template.prefixTokens),
      stop_tokens: refs(template.stopTokens),
      trims_user: template.trimsUser,
      encodes_answers_afresh: template.encodesAnswersAfresh,
    },
  };
}
