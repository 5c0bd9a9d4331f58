import { describe, expect, it } from 'vitest';
import {
  answerLead,
  isChatTemplate,
  renderChat,
  resolveTokens,
  segmentsText,
  supportsSystem,
} from './chat-template';
import { AQUILA_SYSTEM_MESSAGE, TEMPLATES, type TemplateName } from './templates';

const SYS =
  "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the human's questions.";

/** One turn open, two turns open, and a system text of the user's with one turn. Spaces count. */
const EXPECTED: Record<TemplateName, readonly [string, string, string]> = {
  'aquila-chat': [
    `${SYS}###Human: U1###Assistant:`,
    `${SYS}###Human: U1###Assistant: A1###Human: U2###Assistant:`,
    `${SYS}###System: S###Human: U1###Assistant:`,
  ],
  'aquila-legacy': [
    `${SYS}\n\n### Human: U1\n### Assistant:  `,
    `${SYS}\n\n### Human: U1\n### Assistant: A1</s>### Human: U2\n### Assistant:  `,
    'S\n\n### Human: U1\n### Assistant:  ',
  ],
  aquila: [
    `${SYS}###Human: U1###Assistant: `,
    `${SYS}###Human: U1###Assistant: A1</s>Human: U2###Assistant: `,
    'S###Human: U1###Assistant: ',
  ],
  'aquila-v1': [
    '<|startofpiece|>U1<|endofpiece|> ',
    '<|startofpiece|>U1<|endofpiece|>A1</s><|startofpiece|>U2<|endofpiece|> ',
    '<|startofpiece|>U1<|endofpiece|> ',
  ],
  'aquila-v2': [
    `${SYS}\n\n<|startofpiece|>U1<|endofpiece|> `,
    `${SYS}\n\n<|startofpiece|>U1<|endofpiece|>A1</s><|startofpiece|>U2<|endofpiece|> `,
    'S\n\n<|startofpiece|>U1<|endofpiece|> ',
  ],
  ziya: ['<human>:U1\n<bot>:', '<human>:U1\n<bot>:A1</s><human>:U2\n<bot>:', '<human>:U1\n<bot>:'],
  completion: ['U1', 'U1A1U2', 'U1'],
  'completion-bos': ['U1', 'U1A1U2', 'U1'],
};

const U1 = { role: 'user', content: 'U1' } as const;
const A1 = { role: 'assistant', content: 'A1' } as const;
const U2 = { role: 'user', content: 'U2' } as const;

describe.each(Object.keys(TEMPLATES) as TemplateName[])('template %s', (name) => {
  const template = TEMPLATES[name];
  const [one, two, withSystem] = EXPECTED[name];

  it('renders to the letter', () => {
    expect(segmentsText(renderChat(template, [U1], ''))).toBe(one);
    expect(segmentsText(renderChat(template, [U1, A1, U2], ''))).toBe(two);
    expect(segmentsText(renderChat(template, [U1], 'S'))).toBe(withSystem);
    expect(template.name).toBe(name);
  });

  it('marks what people wrote, and nothing else', () => {
    const segments = renderChat(template, [U1, A1, U2], 'S');
    const written = segments.filter((segment) => !segment.specials).map((segment) => segment.text);
    expect(written).toEqual(supportsSystem(template) ? ['S', 'U1', 'A1', 'U2'] : ['U1', 'A1', 'U2']);
  });
});

describe('templates', () => {
  it('say what they can', () => {
    expect(AQUILA_SYSTEM_MESSAGE).toBe(SYS);
    const withoutSystem = Object.values(TEMPLATES).filter((template) => !supportsSystem(template));
    expect(withoutSystem.map(({ name }) => name)).toEqual([
      'completion',
      'completion-bos',
      'aquila-v1',
      'ziya',
    ]);
    const plain = Object.values(TEMPLATES).filter((template) => !isChatTemplate(template));
    expect(plain.map(({ name }) => name)).toEqual(['completion', 'completion-bos']);
  });

  it('do not double the space that the model wrote before its answer', () => {
    expect(Object.values(TEMPLATES).filter((template) => answerLead(template) !== '')).toEqual([
      TEMPLATES['aquila-chat'],
    ]);
    const turns = [U1, { role: 'assistant', content: ' A1' } as const, U2];
    expect(segmentsText(renderChat(TEMPLATES['aquila-chat'], turns, ''))).toBe(EXPECTED['aquila-chat'][1]);
  });

  it("trim what Ziya's user wrote, not what others wrote", () => {
    const turns = [{ role: 'user', content: ' U1\n' } as const];
    expect(segmentsText(renderChat(TEMPLATES.ziya, turns, ''))).toBe('<human>:U1\n<bot>:');
    expect(segmentsText(renderChat(TEMPLATES.completion, turns, ''))).toBe(' U1\n');
  });

  it('put texts with $ signs in as they are', () => {
    const turns = [{ role: 'user', content: "$& $1 {user_message} {system_message} $'" } as const];
    expect(segmentsText(renderChat(TEMPLATES['aquila-v1'], turns, ''))).toContain(turns[0]!.content);
  });

  it('resolve tokens once, by text or id, and leave out what the vocabulary lacks', () => {
    expect(resolveTokens(['</s>', 2, 5, '<none>'], new Map([['</s>', 2]]))).toEqual([2, 5]);
  });
});
