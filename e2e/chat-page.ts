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
  },
  zh: { message: '消息', send: '发送', stop: '停止', newChat: '新对话', you: '你', assistant: '助手' },
} as const;

export class ChatPage {
  private readonly names;

  constructor(
    readonly page: Page,
    readonly language: Language = 'en',
  ) {
    this.names = NAMES[language];
  }

  async open(path = '/'): Promise<void> {
    await this.page.goto(`${path}?lang=${this.language}`);
    await expect(this.message).toBeVisible();
  }

  get message(): Locator {
    return this.page.getByRole('textbox', { name: this.names.message, exact: true });
  }
  get send(): Locator {
    return this.page.getByRole('button', { name: this.names.send, exact: true });
  }
  get stop(): Locator {
    return this.page.getByRole('button', { name: this.names.stop, exact: true });
  }
  get newChat(): Locator {
    return this.page.getByRole('button', { name: this.names.newChat, exact: true });
  }
  get log(): Locator {
    return this.page.getByRole('log');
  }
  get answers(): Locator {
    return this.log.getByRole('article', { name: this.names.assistant });
  }
  get questions(): Locator {
    return this.log.getByRole('article', { name: this.names.you });
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
}
