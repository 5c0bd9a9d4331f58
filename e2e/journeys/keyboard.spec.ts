/** The whole conversation without a pointer, and an Enter that respects input methods. */
import { type CDPSession, expect, type Page } from '@playwright/test';
import { test } from '../visit';

test.describe.configure({ mode: 'serial' });

/** Tabs until the focus is where it should be; fails when it never gets there. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let at = 0; at < 120; at++) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    if ((await focused.count()) === 0) continue;
    const label = await focused.evaluate(
      (element) => element.getAttribute('aria-label') ?? element.textContent?.trim() ?? '',
    );
    if (typeof name === 'string' ? label === name : name.test(label)) return;
  }
  throw new Error(`the Tab key does not reach ${name}`);
}

/** Enter that an input method handles: Chrome marks it as composing. */
async function composedEnter(client: CDPSession): Promise<void> {
  const key = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 };
  await client.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...key });
  await client.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
}

async function compose(client: CDPSession, text: string): Promise<void> {
  await client.send('Input.imeSetComposition', {
    text,
    selectionStart: text.length,
    selectionEnd: text.length,
  });
}

test('asks, regenerates, edits, opens Models and a new chat by keyboard alone', async ({
  visit: { page, chat },
}) => {
  await chat.startNew();
  await tabTo(page, 'Skip to the text box');
  await page.keyboard.press('Enter');
  await expect(chat.message).toBeFocused();
  await page.keyboard.type('Who made Aerie?');
  await page.keyboard.press('Enter');
  const answer = chat.answers.nth(0);
  await expect(answer).toHaveAttribute('data-status', 'done');
  await expect(chat.message).toBeFocused();

  await page.keyboard.press('Control+Home');
  await tabTo(page, 'Regenerate');
  await page.keyboard.press('Enter');
  await expect(answer).toContainText('2/2');
  await expect(answer).toHaveAttribute('data-status', 'done');

  await tabTo(page, 'Edit');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'New text' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('textbox', { name: 'New text' })).toHaveCount(0);

  await tabTo(page, /^Current model/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitemradio', { name: 'aerie-mini' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Models', exact: true })).toBeVisible();

  await tabTo(page, 'New chat');
  await page.keyboard.press('Enter');
  await expect(chat.questions).toHaveCount(0);
  await expect(chat.message).toBeFocused();
});

test('in the composer, Enter that ends a composition does not send', async ({ visit: { page, chat } }) => {
  const client = await page.context().newCDPSession(page);
  await chat.message.focus();
  await compose(client, 'nihao');
  await composedEnter(client);
  await expect(chat.message).toHaveValue('nihao');
  await client.send('Input.insertText', { text: '你好' });
  await expect(chat.message).toHaveValue('你好');
  await expect(chat.questions).toHaveCount(0);
  await page.keyboard.press('Shift+Enter');
  await expect(chat.message).toHaveValue('你好\n');
  await expect(chat.questions).toHaveCount(0);
  // Once the composition is over, Enter sends.
  await page.waitForTimeout(100);
  await page.keyboard.press('Enter');
  await expect(chat.questions).toHaveText([/你好/]);
  await expect(chat.answers.nth(0)).toHaveAttribute('data-status', 'done');
});

test('in a title, Enter that ends a composition does not end the renaming', async ({
  visit: { page, chat },
}) => {
  const client = await page.context().newCDPSession(page);
  await chat.act('你好', 'Rename');
  const title = page.getByRole('textbox', { name: 'Conversation title', exact: true });
  await expect(title).toBeFocused();
  await page.keyboard.press('Control+A');
  await compose(client, 'wenhou');
  await composedEnter(client);
  await expect(title).toBeVisible();
  await client.send('Input.insertText', { text: '问候' });
  await page.waitForTimeout(100);
  await page.keyboard.press('Enter');
  await expect(chat.conversation('问候')).toBeVisible();
  await chat.act('问候', 'Rename');
  await page.keyboard.type('something else');
  await page.keyboard.press('Escape');
  await expect(chat.conversation('问候')).toBeVisible();
});
