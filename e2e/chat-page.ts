/** The chat as a person uses it: by role and name, in either language. */
import { expect, type Locator, type Page } from '@playwright/test';

export type Language = 'en' | 'zh';

const NAMES = {
  en: {
    message: 'Message',
    send: 'Send',
    stop: 'Stop',
    newChat: 'New chat',
    you: 'You',
    assistant: 'Assistant',
    model: /^Current model: /,
    ready: /ready$/,
    conversations: 'Conversations',
  },
  zh: {
    message: '消息',
    send: '发送',
    stop: '停止',
    newChat: '新对话',
    you: '你',
    assistant: '助手',
    model: /^当前模型：/,
    ready: /就绪$/,
    conversations: '对话列表',
  },
} as const;

/** Fields of the conversation options, by their English labels. */
export interface Options {
  readonly Temperature?: string;
  readonly 'Top-p'?: string;
  readonly 'Top-k'?: string;
  readonly 'Maximum length'?: string;
  readonly Seed?: string;
  readonly 'System prompt'?: string;
}

/** An answer that goes on until it is stopped: every token is nearly as likely as any other. */
export const ENDLESS: Options = {
  Temperature: '2',
  'Top-p': '1',
  'Top-k': '0',
  'Maximum length': '400',
  Seed: '7',
};

export class ChatPage {
  private readonly names;

  constructor(
    readonly page: Page,
    readonly language: Language = 'en',
  ) {
    this.names = NAMES[language];
  }

  /** @param route what follows `#/` in the address. */
  async open(route = ''): Promise<void> {
    await this.page.goto(`/?lang=${this.language}#/${route}`);
    if (route === '') await expect(this.message).toBeVisible();
  }

  /** The same page with a conversation that has no message yet. */
  async startNew(): Promise<void> {
    await this.newChat.click();
    await expect(this.questions).toHaveCount(0);
  }

  async untilReady(): Promise<void> {
    await expect(this.modelMenu).toHaveAccessibleName(this.names.ready);
  }

  get message(): Locator {
    return this.page.getByRole('textbox', { name: this.names.message, exact: true });
  }
  get send(): Locator {
    return this.button(this.names.send);
  }
  get stop(): Locator {
    return this.button(this.names.stop);
  }
  get newChat(): Locator {
    return this.button(this.names.newChat);
  }
  get modelMenu(): Locator {
    return this.page.getByRole('button', { name: this.names.model });
  }
  get conversations(): Locator {
    return this.page.getByRole('navigation', { name: this.names.conversations });
  }
  get log(): Locator {
    return this.page.getByRole('log');
  }
  get answers(): Locator {
    return this.log.getByRole('article', { name: this.names.assistant, exact: true });
  }
  get questions(): Locator {
    return this.log.getByRole('article', { name: this.names.you, exact: true });
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** Types a message and sends it, without waiting for the answer. */
  async say(text: string): Promise<void> {
    await this.message.fill(text);
    await expect(this.send).toBeEnabled();
    await this.send.click();
  }

  /** Sends a message and waits until the answer is complete; returns the answer's article. */
  async ask(text: string): Promise<Locator> {
    const before = await this.answers.count();
    await this.say(text);
    const answer = this.answers.nth(before);
    await expect(answer).toHaveAttribute('data-status', 'done');
    return answer;
  }

  /** Sends a message and waits for the first words of the answer. */
  async begin(text: string): Promise<Locator> {
    const before = await this.answers.count();
    await this.say(text);
    const answer = this.answers.nth(before);
    await expect(this.textOf(answer)).toHaveText(/\S/);
    await expect(answer).toHaveAttribute('data-status', 'streaming');
    return answer;
  }

  /** What the assistant wrote, without the buttons and figures around it. */
  textOf(answer: Locator): Locator {
    return answer.locator('.prose');
  }

  /** Sets options of the open conversation. English only. */
  async setOptions(options: Options): Promise<void> {
    await this.button('Conversation options').click();
    for (const [label, value] of Object.entries(options))
      await this.page.getByRole('textbox', { name: label, exact: true }).fill(value);
    await this.button('Close conversation options').click();
  }

  /** Sets what new conversations start with. English only. */
  async setDefaults(options: Options): Promise<void> {
    await this.button('Settings').click();
    for (const [label, value] of Object.entries(options))
      await this.page.getByRole('textbox', { name: label, exact: true }).fill(value);
    await this.startNew();
  }

  conversation(title: string): Locator {
    return this.conversations.getByRole('button', { name: title, exact: true });
  }

  /** Opens the menu of a conversation and chooses from it. */
  async act(title: string, action: 'Rename' | 'Delete'): Promise<void> {
    await this.conversations.getByRole('button', { name: `Actions for “${title}”`, exact: true }).click();
    await this.page.getByRole('menuitem', { name: action, exact: true }).click();
  }

  async chooseModel(id: string): Promise<void> {
    await this.modelMenu.click();
    await this.page.getByRole('menuitemradio', { name: id }).click();
  }
}
