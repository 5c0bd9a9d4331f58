import { describe, expect, it } from 'vitest';
import { renderChat, segmentsText } from './chat-template';
import { fromConvTemplate, toConvTemplate } from './conv-template';
import { TEMPLATES } from './templates';

const specials = new Map([
  ['<s>', 1],
  ['</s>', 2],
  ['<|endoftext|>', 0],
]);

/** Llama 2's, as mlc-llm writes it. */
const LLAMA2 = {
  name: 'llama-2',
  system_template: '[INST] <<SYS>>\n{system_message}\n<</SYS>>\n\n',
  system_message: 'Be kind.',
  system_prefix_token_ids: [1],
  add_role_after_system_message: false,
  roles: { user: '<s>[INST]', assistant: '[/INST]', tool: '[INST]' },
  role_templates: {
    user: '{user_message}{function_string}',
    assistant: '{assistant_message}',
    tool: '{tool_message}',
  },
  messages: [],
  seps: [' '],
  role_content_sep: ' ',
  role_empty_sep: ' ',
  stop_str: ['[INST]'],
  stop_token_ids: [2],
  function_string: '',
  use_function_calling: false,
};

describe('conv_template', () => {
  it.each(Object.values(TEMPLATES))('loses nothing of $name', (template) => {
    const json: unknown = JSON.parse(JSON.stringify(toConvTemplate(template, specials)));
    expect(fromConvTemplate(json)).toEqual(template);
  });

  it('writes what web-llm needs', () => {
    expect(toConvTemplate(TEMPLATES.ziya, specials)).toMatchObject({
      roles: { user: '<human>', assistant: '<bot>' },
      seps: ['\n', '</s>'],
      role_content_sep: ':',
      role_empty_sep: ':',
      system_prefix_token_ids: [1],
      stop_token_ids: [2],
      stop_str: [],
    });
  });

  it("reads other people's templates", () => {
    const template = fromConvTemplate(LLAMA2);
    const turns = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Yes' },
      { role: 'user', content: 'Go' },
    ] as const;
    expect(segmentsText(renderChat(template, turns, ''))).toBe(
      '[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHi [/INST] Yes <s>[INST] Go [/INST] ',
    );
    expect(segmentsText(renderChat(template, turns.slice(0, 1), 'Sing.'))).toContain(
      '<<SYS>>\nSing.\n<</SYS>>',
    );
    expect(template.prefixTokens).toEqual([1]);
    expect(template.stopTokens).toEqual([2]);
  });

  it('leaves an empty system text out where the package says so', () => {
    const json = { ...LLAMA2, system_message: '', render_empty_system_message: false };
    expect(segmentsText(renderChat(fromConvTemplate(json), [{ role: 'user', content: 'Hi' }], ''))).toBe(
      '<s>[INST] Hi [/INST] ',
    );
  });

  it.each([
    ['nothing', undefined, 'conv_template'],
    ['no roles', { seps: [' '] }, 'conv_template.roles'],
    ['no separators', { ...LLAMA2, seps: [] }, 'conv_template.seps'],
    ['a wrong stop id', { ...LLAMA2, stop_token_ids: [-1] }, 'conv_template.stop_token_ids.0'],
    [
      'a wrong field of ours',
      { ...LLAMA2, aerie: { system_use: 'shout' } },
      'conv_template.aerie.system_use',
    ],
  ])('refuses %s', (_, json, field) => {
    expect(() => fromConvTemplate(json)).toThrow(`config-invalid {"field":"${field}"`);
  });
});
