/** A newcomer opens the page and asks something: the built-in model answers, and nothing leaves the origin. */
import { expect, test } from '@playwright/test';
import { ChatPage, type Language } from '../chat-page';

const QUESTIONS: Record<Language, { text: string; answer: RegExp }> = {
  en: { text: 'What is Aerie?', answer: /\bAerie\b/ },
  zh: { text: 'Aerie 是什么？', answer: /[\u4e00-\u9fff]{6}/ },
};

for (const language of ['en', 'zh'] as const)
  test(`first visit to first answer, ${language}`, async ({ page, baseURL }) => {
    const foreign: string[] = [];
    const failures: string[] = [];
    page.on('request', ({ url }) => {
      if (!url().startsWith(baseURL!) && !/^(blob|data):/.test(url())) foreign.push(url());
    });
    page.on('pageerror', (error) => failures.push(error.message));
    const chat = new ChatPage(page, language);
    await chat.open();
    const { text, answer } = QUESTIONS[language];
    const article = await chat.ask(text);
    await expect(article).toContainText(answer);
    await expect(article).toContainText(/tok\/s|token|词元|令牌|\/s|\/秒/);
    expect(foreign).toEqual([]);
    expect(failures).toEqual([]);
  });

test('the interface follows the language of the browser', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ locale: 'zh-CN' });
  const page = await context.newPage();
  await page.goto(baseURL!);
  await expect(page.locator('html')).toHaveAttribute('lang', /^zh/);
  await expect(page.getByRole('textbox', { name: '消息', exact: true })).toBeVisible();
  await context.close();
});
