/** Turns, stop, regenerate, edit, reload in mid-answer: nothing a person wrote or received is lost. */
import { expect, test } from '@playwright/test';
import { ChatPage } from '../chat-page';

test('two turns, regenerate with the old answer in reach, edit as a branch', async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.open();
  await chat.ask('What is Aerie?');
  const second = await chat.ask('Does it work offline?');
  await expect(chat.questions).toHaveCount(2);
  await expect(chat.answers).toHaveCount(2);

  await second.hover();
  await second.getByRole('button', { name: 'Regenerate', exact: true }).click();
  await expect(chat.answers.nth(1)).toHaveAttribute('data-status', 'done');
  await expect(chat.answers.nth(1)).toContainText(/2\s*\/\s*2/);
  await chat.answers
    .nth(1)
    .getByRole('button', { name: /previous/i })
    .click();
  await expect(chat.answers.nth(1)).toContainText(/1\s*\/\s*2/);

  const first = chat.questions.nth(0);
  await first.hover();
  await first.getByRole('button', { name: 'Edit', exact: true }).click();
  const editor = page.getByRole('log').getByRole('textbox');
  await editor.fill('What is Ziya?');
  await editor.press('Enter');
  await expect(chat.questions).toHaveCount(1);
  await expect(chat.questions.nth(0)).toContainText('What is Ziya?');
  await expect(chat.answers.nth(0)).toHaveAttribute('data-status', 'done');
  await chat.questions
    .nth(0)
    .getByRole('button', { name: /previous/i })
    .click();
  await expect(chat.questions).toHaveCount(2);
});

test('stop keeps what was written', async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.open();
  await chat.say('Tell me everything about Aerie, importing models and privacy.');
  const answer = chat.answers.nth(0);
  await expect(answer).toHaveAttribute('data-status', 'streaming');
  await expect(answer.locator('p').first()).not.toBeEmpty();
  await chat.stop.click();
  await expect(answer).toHaveAttribute('data-status', /interrupted|done/);
  await expect(chat.send).toBeVisible();
  const next = await chat.ask('Is it private?');
  await expect(next).toHaveAttribute('data-status', 'done');
});

test('a reload in mid-answer keeps the part and marks it', async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.open();
  await chat.ask('What is Aerie?');
  await chat.say('How do I import a model from a folder?');
  const answer = chat.answers.nth(1);
  await expect(answer).toHaveAttribute('data-status', 'streaming');
  await expect(answer.locator('p').first()).not.toBeEmpty();
  await page.reload();
  await expect(chat.questions).toHaveCount(2);
  await expect(chat.questions.nth(1)).toContainText('How do I import');
  await expect(chat.answers.nth(1)).toHaveAttribute('data-status', /interrupted|done/);
  await chat.ask('Thanks!');
});

test('conversations are listed, renamed, deleted and brought back', async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.open();
  await chat.ask('What is Ziya?');
  await chat.newChat.click();
  await expect(chat.questions).toHaveCount(0);
  await chat.ask('What is Aquila?');
  const sidebar = page.getByRole('navigation');
  await expect(sidebar.getByText('What is Ziya?')).toBeVisible();
  await sidebar.getByText('What is Ziya?').click();
  await expect(chat.questions.nth(0)).toContainText('What is Ziya?');
});
