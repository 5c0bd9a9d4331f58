/** A newcomer opens the page and asks something: the built-in model answers, and nothing leaves the origin. */
import { expect, test } from '@playwright/test';
import { ChatPage } from '../chat-page';

const VISITS = [
  {
    language: 'en',
    question: 'What is Aerie?',
    answer: /\bAerie\b/,
    loading: 'Loading aerie-mini',
    figures: /\d+ tokens? · [\d.]+ tokens\/s · first token [\d.]+s/,
  },
  {
    language: 'zh',
    question: 'Aerie 是什么？',
    answer: /[\u4e00-\u9fff]{4}/,
    loading: '正在载入 aerie-mini',
    figures: /\d+ 个词元 · [\d.]+ 词元\/秒 · 首词元 [\d.]+秒/,
  },
] as const;

for (const { language, question, answer, loading, figures } of VISITS)
  test(`first visit to first answer, ${language}`, async ({ page, context, baseURL }) => {
    const foreign: string[] = [];
    const failures: string[] = [];
    context.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(baseURL!) && !/^(blob|data):/.test(url)) foreign.push(url);
    });
    page.on('pageerror', (error) => failures.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') failures.push(message.text());
    });
    const chat = new ChatPage(page, language);
    await chat.open();
    await expect(page.getByRole('progressbar', { name: loading })).toBeVisible();
    // Sent while the model loads: it waits for the model.
    await chat.say(question);
    const article = chat.answers.first();
    await expect(article).toHaveAttribute('data-status', 'done');
    await expect(chat.textOf(article)).toHaveText(answer);
    await expect(article).toContainText(figures);
    await expect(page.getByRole('progressbar', { name: loading })).toHaveCount(0);
    await expect(chat.modelMenu).toContainText(/swiftshader|\w+ \w+/i);
    await expect(chat.conversation(question)).toBeVisible();
    expect(foreign).toEqual([]);
    expect(failures).toEqual([]);
  });

test('the interface follows the language of the browser', async ({ browser }) => {
  const context = await browser.newContext({ locale: 'zh-CN' });
  const page = await context.newPage();
  await page.goto('/');
  await expect(page.locator('html')).toHaveAttribute('lang', /^zh/);
  await expect(page.getByRole('textbox', { name: '消息', exact: true })).toBeVisible();
  await context.close();
});
