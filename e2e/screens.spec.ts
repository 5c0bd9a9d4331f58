/**
 * Pictures of every screen for people to look at, in e2e/results/screens. Not part of the journeys:
 * AERIE_SCREENS=1 npm run test:e2e -- screens
 */
import { expect, test } from '@playwright/test';
import { ChatPage, type Language } from './chat-page';

const QUESTIONS: Record<Language, readonly string[]> = {
  en: ['What is Aerie?', 'How do I import a model?'],
  zh: ['Aerie 是什么？', '怎么导入一个模型？'],
};
const SIZES = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];

for (const language of ['en', 'zh'] as const)
  test(`screens, ${language}`, async ({ page }) => {
    test.setTimeout(900_000);
    const chat = new ChatPage(page, language);
    const shoot = async (name: string) => {
      for (const size of SIZES)
        for (const colorScheme of ['dark', 'light'] as const) {
          await page.setViewportSize(size);
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          // Colours change over 150 ms.
          await page.waitForTimeout(400);
          const path = `e2e/results/screens/${name}-${language}-${colorScheme}-${size.width}.png`;
          await page.screenshot({ path, animations: 'disabled' });
        }
      await page.setViewportSize(SIZES[0]!);
    };
    await chat.open();
    await shoot('loading');
    await chat.untilReady();
    await shoot('first');
    for (const question of QUESTIONS[language]) await chat.ask(question);
    await shoot('chat');
    const conversation = page.url().split('#')[1]!;
    for (const route of ['/models', '/settings', '/bench', conversation]) {
      await page.evaluate((to) => {
        location.hash = to;
      }, route);
      await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
      if (route !== conversation) await shoot(route.slice(1));
    }
    await page.getByRole('button', { name: language === 'en' ? 'Conversation options' : '对话选项' }).click();
    await shoot('options');
  });
