/**
 * What happens when things break under a running page: the worker, the GPU process, two tabs at once. The
 * page is in a browser of its own, since a GPU process belongs to a whole browser.
 */
import { type Browser, expect, type Page, test, type Worker } from '@playwright/test';
import { ChatPage, ENDLESS } from '../chat-page';

const engineWorker = (page: Page): Worker => page.workers().find((worker) => /native/.test(worker.url()))!;

test.describe.configure({ mode: 'serial' });

let browser: Browser;
let page: Page;
let chat: ChatPage;

test.beforeAll(async ({ playwright }) => {
  browser = await playwright.chromium.launch();
  page = await (await browser.newContext()).newPage();
  // The watchdog's minutes pass at once when a test says so.
  await page.clock.install();
  chat = new ChatPage(page);
  await chat.open();
  await chat.setDefaults({ 'Maximum length': '4' });
});

test.afterAll(() => browser.close());

test('a worker that crashes says so, and the next question is answered', async () => {
  await chat.setOptions(ENDLESS);
  const answer = await chat.begin('Tell me everything.');
  await engineWorker(page).evaluate(() => {
    setTimeout(() => {
      throw new Error('broken on purpose');
    });
  });
  await expect(answer).toHaveAttribute('data-status', 'error');
  await expect(answer).toContainText('The background program that runs the model stopped unexpectedly');
  await expect(chat.textOf(answer)).toHaveText(/\S/);
  await chat.setOptions({ 'Maximum length': '4' });
  await chat.ask('Are you there again?');
});

test('a worker that falls silent is given up, and trying again answers', async () => {
  await chat.startNew();
  await engineWorker(page).evaluate(() => self.close());
  await chat.say('Are you there?');
  const answer = chat.answers.nth(0);
  await expect(answer).toHaveAttribute('data-status', 'streaming');
  await page.clock.runFor('03:00');
  await expect(answer).toHaveAttribute('data-status', 'error');
  await expect(answer).toContainText('stopped unexpectedly');
  await answer.getByRole('button', { name: 'Try again', exact: true }).click();
  await expect(answer).toContainText('2/2');
  await expect(answer).toHaveAttribute('data-status', 'done');
});

test('a GPU that is lost says so, and the next question is answered', async () => {
  await chat.startNew();
  await chat.setOptions(ENDLESS);
  const answer = await chat.begin('Tell me everything.');
  const client = await browser.newBrowserCDPSession();
  const { processInfo } = await client.send('SystemInfo.getProcessInfo');
  process.kill(processInfo.find(({ type }) => type === 'GPU')!.id, 'SIGKILL');
  await expect(answer).toHaveAttribute('data-status', 'error');
  await expect(answer).toContainText('The connection to the GPU was lost');
  await expect(chat.textOf(answer)).toHaveText(/\S/);
  await chat.setOptions({ 'Maximum length': '4' });
  await chat.ask('And now?');
});

test('two tabs: both see every message, neither loses one', async () => {
  const one = chat;
  await one.startNew();
  await one.ask('Question of the first tab');
  const two = new ChatPage(await page.context().newPage());
  await two.page.goto(page.url());
  await expect(two.questions).toHaveText([/Question of the first tab/]);
  await two.untilReady();

  await one.setOptions(ENDLESS);
  const long = await one.begin('A long answer, please');
  await expect(two.page.getByText('Another tab is answering in this conversation.').first()).toBeVisible();
  await one.page.bringToFront();
  await one.stop.click();
  await expect(long).toHaveAttribute('data-status', 'interrupted');
  await two.page.bringToFront();
  await two.startNew();
  await two.ask('Question of the second tab');

  for (const tab of [one, two])
    for (const title of ['Question of the first tab', 'Question of the second tab'])
      await expect(tab.conversation(title)).toBeVisible();
  await two.conversation('Question of the first tab').click();
  await expect(two.answers).toHaveCount(2);
  await expect(two.answers.nth(1)).toHaveAttribute('data-status', 'interrupted');
  await expect(two.textOf(two.answers.nth(1))).toHaveText((await one.textOf(long).textContent())!);
});
