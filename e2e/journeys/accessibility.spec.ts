/** axe finds nothing serious on any screen, in both themes and languages, wide and narrow. */
import { expect } from '@playwright/test';
import { expectNoSidewaysScroll, expectNothingSerious } from '../axe';
import { test } from '../visit';

const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

test('every screen, dark and light, wide and phone; options, menus, dialogs and the drawer', async ({
  visit: { page, chat },
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await chat.startNew();
  await expectNothingSerious(page, 'first screen');
  await chat.ask('What can I ask?');
  const conversation = page.url().split('#/')[1]!;
  for (const colorScheme of ['dark', 'light'] as const)
    for (const size of [WIDE, PHONE])
      for (const route of [conversation, 'models', 'settings', 'bench']) {
        const where = `${route} ${colorScheme} ${size.width}`;
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(size);
        await page.evaluate((to) => {
          location.hash = `#/${to}`;
        }, route);
        if (route === conversation) await expect(chat.answers).toHaveCount(1);
        else
          await expect(
            page.getByRole('heading', { level: 1, name: new RegExp(`^${route}`, 'i') }),
          ).toBeVisible();
        await expectNothingSerious(page, where);
        await expectNoSidewaysScroll(page, where);
      }

  await page.setViewportSize(WIDE);
  await chat.startNew();
  await chat.button('Conversation options').click();
  await page.getByRole('textbox', { name: 'Temperature', exact: true }).fill('9');
  await expectNothingSerious(page, 'options');
  await chat.button('Close conversation options').click();
  await chat.modelMenu.click();
  await expectNothingSerious(page, 'model menu');
  await page.keyboard.press('Escape');
  await chat.button('Models').click();
  await page.getByLabel('Details of Ziya-LLaMA-13B-v1.1').click();
  await expectNothingSerious(page, 'details of a model');
  await chat.button('Get Ziya-LLaMA-13B-v1.1').click();
  await expectNothingSerious(page, 'licence');
  await chat.button('I accept').click();
  await chat.button('Use an access token').click();
  await page.getByText('Download the files yourself').click();
  await page.getByText('More options').click();
  await expectNothingSerious(page, 'getting a model');
  await page.keyboard.press('Escape');
  await chat.button('Settings').click();
  await chat.button('Delete all data').click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectNothingSerious(page, 'dialog');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.setViewportSize(PHONE);
  await chat.button('Open side bar').click();
  await expect(chat.button('New chat')).toBeVisible();
  await expectNothingSerious(page, 'drawer');
  await page.keyboard.press('Escape');
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ reducedMotion: null, colorScheme: null });
});
