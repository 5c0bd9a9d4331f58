/** Turns, versions, stop, options, and the list of conversations. */
import { expect } from '@playwright/test';
import { ENDLESS } from '../chat-page';
import { storedAnswers } from '../storage';
import { SHORT, test } from '../visit';

test.describe.configure({ mode: 'serial' });

test('a second turn sees the first; regenerate, edit and copy keep every version', async ({
  visit: { page, chat },
}) => {
  await chat.startNew();
  await chat.ask('What is Aerie?');
  const second = await chat.ask('Does it work offline?');
  const [before, after] = await storedAnswers(page);
  // Question and answer of the first turn are part of what the second was asked with.
  expect(after!.stats!.promptTokens).toBeGreaterThanOrEqual(
    before!.stats!.promptTokens + before!.stats!.answerTokens,
  );
  const oldText = (await chat.textOf(second).textContent())!;

  await second.hover();
  await second.getByRole('button', { name: 'Regenerate', exact: true }).click();
  const last = chat.answers.nth(1);
  await expect(last).toContainText('2/2');
  await expect(last).toHaveAttribute('data-status', 'done');
  await last.getByRole('button', { name: 'Previous version', exact: true }).click();
  await expect(last).toContainText('1/2');
  await expect(chat.textOf(last)).toHaveText(oldText);
  await last.getByRole('button', { name: 'Copy', exact: true }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied.trim()).toBe((await storedAnswers(page))[1]!.content.trim());

  const first = chat.questions.nth(0);
  await first.hover();
  await first.getByRole('button', { name: 'Edit', exact: true }).click();
  const editor = page.getByRole('textbox', { name: 'New text', exact: true });
  await expect(editor).toHaveValue('What is Aerie?');
  await editor.fill('What is Ziya?');
  await editor.press('Enter');
  await expect(first).toContainText('What is Ziya?');
  await expect(chat.questions).toHaveCount(1);
  await expect(chat.answers.nth(0)).toHaveAttribute('data-status', 'done');
  await first.hover();
  await first.getByRole('button', { name: 'Previous version', exact: true }).click();
  await expect(chat.questions).toHaveText([/What is Aerie\?/, /Does it work offline\?/]);
  // Coming back to a branch shows its newest end; the older answer is one step away, as before.
  await last.getByRole('button', { name: 'Previous version', exact: true }).click();
  await expect(chat.textOf(last)).toHaveText(oldText);
});

test('stop keeps what was written, and the next question is answered', async ({ visit: { chat } }) => {
  await chat.startNew();
  await chat.setOptions(ENDLESS);
  const answer = await chat.begin('Tell me everything.');
  await chat.stop.click();
  await expect(answer).toHaveAttribute('data-status', 'interrupted');
  await expect(answer).toContainText('Stopped');
  await expect(chat.textOf(answer)).toHaveText(/\S/);
  await chat.setOptions({ 'Maximum length': SHORT });
  await chat.ask('Is it private?');
});

test('options belong to one conversation; temperature 0 repeats its answer', async ({
  visit: { page, chat },
}) => {
  await chat.startNew();
  await chat.setOptions({ Temperature: '0' });
  const question = 'Where are my conversations kept?';
  const first = (await chat.textOf(await chat.ask(question)).textContent())!;
  await chat.answers.nth(0).getByRole('button', { name: 'Regenerate', exact: true }).click();
  await expect(chat.answers.nth(0)).toContainText('2/2');
  await expect(chat.answers.nth(0)).toHaveAttribute('data-status', 'done');
  await expect(chat.textOf(chat.answers.nth(0))).toHaveText(first);

  await chat.button('Conversation options').click();
  const temperature = page.getByRole('textbox', { name: 'Temperature', exact: true });
  await expect(temperature).toHaveValue('0');
  await temperature.fill('3');
  await expect(temperature).toHaveAccessibleDescription('Enter a number from 0 to 2.');
  await expect(temperature).toHaveAttribute('aria-invalid', 'true');
  const topP = page.getByRole('textbox', { name: 'Top-p', exact: true });
  await topP.fill('0');
  await expect(topP).toHaveAccessibleDescription(/Enter a number from 0\.01 to 1\./);
  await page.getByRole('textbox', { name: 'Top-k', exact: true }).fill('1.5');
  await expect(page.getByText('Enter a whole number from 0 to 1,000.')).toBeVisible();
  await chat.startNew();
  // The panel stays open and shows the new conversation's.
  await expect(temperature).toHaveValue('');
  await chat.button('Close conversation options').click();
  await chat.conversation(question).click();
  await chat.button('Conversation options').click();
  await expect(temperature).toHaveValue('0');
  await chat.button('Close conversation options').click();
});

test('conversations are renamed, deleted and brought back', async ({ visit: { page, chat } }) => {
  await chat.startNew();
  await chat.ask('What is Aquila?');
  await chat.act('What is Aquila?', 'Rename');
  const title = page.getByRole('textbox', { name: 'Conversation title', exact: true });
  await title.fill('About the eagle');
  await title.press('Enter');
  await expect(chat.conversation('About the eagle')).toBeVisible();

  await chat.act('About the eagle', 'Delete');
  await expect(chat.conversation('About the eagle')).toHaveCount(0);
  await expect(chat.questions).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(chat.questions).toHaveText([/What is Aquila\?/]);
  await expect(chat.answers.nth(0)).toHaveAttribute('data-status', 'done');

  await chat.act('Tell me everything.', 'Delete');
  await expect(chat.conversation('Tell me everything.')).toHaveCount(0);
});

test('a reload in mid-answer loses nothing: part, mark, draft, and every other conversation', async ({
  visit: { page, chat },
}) => {
  await chat.startNew();
  await chat.setOptions(ENDLESS);
  const answer = await chat.begin('How do I import a model from a folder?');
  await chat.message.fill('And from a URL?');
  await expect(chat.textOf(answer)).toHaveText(/\S+ \S+|\S{4}/);
  const shown = (await chat.textOf(answer).textContent())!.trim();
  await page.reload();
  await expect(chat.questions).toHaveText([/How do I import a model from a folder\?/]);
  await expect(chat.answers.nth(0)).toHaveAttribute('data-status', 'interrupted');
  await expect(chat.answers.nth(0)).toContainText('Interrupted; what was written is kept');
  const kept = (await chat.textOf(chat.answers.nth(0)).textContent())!.trim();
  expect(kept.slice(0, 12)).toBe(shown.slice(0, 12));
  expect(kept.length).toBeGreaterThanOrEqual(shown.length);
  await expect(chat.message).toHaveValue('And from a URL?');
  await expect(chat.conversation('About the eagle')).toBeVisible();
  await expect(chat.conversation('Tell me everything.')).toHaveCount(0);
  await chat.conversation('What is Aerie?').click();
  await expect(chat.answers).toHaveCount(2);
  await expect(chat.answers.nth(1)).toContainText('1/2');
  await expect(chat.questions.nth(0)).toContainText('1/2');
  await chat.conversation('How do I import a model from a folder?').click();
  await chat.setOptions({ 'Maximum length': SHORT });
  await chat.ask('Thanks!');
});
