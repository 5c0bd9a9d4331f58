/** The whole conversation without a pointer, and Enter that respects an input method. */
import { expect, test } from '@playwright/test';
import { ChatPage } from '../chat-page';

test('asks, regenerates and opens a new chat by keyboard alone', async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.open();
  await expect(chat.message).toBeFocused();
  await page.keyboard.type('What is Aerie?');
  await page.keyboard.press('Enter');
  await expect(chat.answers.nth(0)).toHaveAttribute('data-status', 'done');
  const regenerate = chat.answers.nth(0).getByRole('button', { name: 'Regenerate', exact: true });
  await regenerate.focus();
  await expect(regenerate).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(chat.answers.nth(0)).toContainText(/2\s*\/\s*2/);
  await expect(chat.answers.nth(0)).toHaveAttribute('data-status', 'done');
  await chat.newChat.focus();
  await page.keyboard.press('Enter');
  await expect(chat.questions).toHaveCount(0);
});

test('Enter that ends a composition does not send', async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.open();
  await chat.message.focus();
  const client = await page.context().newCDPSession(page);
  await client.send('Input.imeSetComposition', { text: 'nihao', selectionStart: 5, selectionEnd: 5 });
  await chat.message.dispatchEvent('keydown', {
    key: 'Enter',
    code: 'Enter',
    keyCode: 229,
    isComposing: true,
    bubbles: true,
  });
  await client.send('Input.insertText', { text: '你好' });
  await expect(chat.message).toHaveValue('你好');
  await expect(chat.questions).toHaveCount(0);
  await page.keyboard.press('Shift+Enter');
  await expect(chat.message).toHaveValue('你好\n');
  await expect(chat.questions).toHaveCount(0);
});
