/** axe finds nothing serious on any screen, in both themes and languages, wide and narrow. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { ChatPage } from '../chat-page';

async function expectNothingSerious(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}

for (const colorScheme of ['dark', 'light'] as const)
  test(`chat, models and settings, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const chat = new ChatPage(page);
    await chat.open();
    await chat.ask('What is Aerie?');
    await expectNothingSerious(page);
    for (const name of ['Models', 'Settings']) {
      await chat.button(name).click();
      await expect(page.getByRole('heading', { name }).first()).toBeVisible();
      await expectNothingSerious(page);
      await page.keyboard.press('Escape');
    }
  });

test('phone width', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const chat = new ChatPage(page, 'zh');
  await chat.open();
  await chat.ask('Aerie 是什么？');
  await expectNothingSerious(page);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBeLessThanOrEqual(0);
});
