/** Publishers' checkpoints become models in the page, to the same bytes as on the command line, however often they are cut off. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, expect, type Page } from '@playwright/test';
import { sharedPath } from '../../src/tasks/shared-data';
import { ChatPage } from '../chat-page';
import { bigCheckpoint, convertByCommand, fixtureFolder, type Hashes, scratchFolder } from '../checkpoints';
import { ModelsPage } from '../models-page';
import { SourceServer } from '../source-server';
import { storedConversion, storedHashes, weightKeys } from '../storage';
import { SHORT, test } from '../visit';

test.describe.configure({ mode: 'serial' });

const AQUILA2 = 'tiny-aquila2';
const ZIYA = 'tiny-ziya';
const BIG = 'big';
/** The head of the big checkpoint begins at 67 MB. */
const IN_THE_HEAD = 80e6;

const scratch = scratchFolder();
const inScratch = (name: string) => join(scratch.path, name);
let server: SourceServer;

test.skip(() => !sharedPath('fixtures', 'tiny-ziya'), 'the tiny checkpoints are not on this machine');

test.beforeAll(async () => {
  fixtureFolder(inScratch(AQUILA2), ['fixtures', 'tiny-aquila2-gqa-16k']);
  fixtureFolder(inScratch(ZIYA), ['fixtures', 'tiny-ziya', 'delta']);
  fixtureFolder(inScratch('base'), ['fixtures', 'tiny-ziya', 'base-llama']);
  bigCheckpoint(inScratch(BIG), inScratch(AQUILA2));
  server = await SourceServer.start(inScratch(BIG));
});

test.afterAll(() => {
  server?.stop();
  scratch.remove();
});

const byCommand = (source: string, ...options: string[]): Promise<Hashes> =>
  convertByCommand(['--source', source, ...options], inScratch(`package-${options.join('')}`));

const dialog = (page: Page) => page.getByRole('dialog');
const isReady = (page: Page, name: string) => expect(page.getByText(`${name} is ready`)).toBeVisible();

test('a delta and its base, PyTorch files in folders, become the package of the command line', async ({
  visit: { page, models },
}) => {
  await models.open();
  await models.importFolder(inScratch(ZIYA));
  await dialog(page).getByRole('checkbox', { name: 'These files are a delta' }).check();
  await page.locator('input[data-import="base-folder"]').setInputFiles(inScratch('base'));
  await dialog(page).getByRole('button', { name: 'Start converting', exact: true }).click();
  await isReady(page, ZIYA);
  const expected = await byCommand(inScratch(ZIYA), '--base', inScratch('base'));
  expect(await storedHashes(page, `${ZIYA}-q4f16_1`)).toEqual(expected);
});

test('so do safetensors in a folder, and nothing else is left', async ({ visit: { page, models } }) => {
  await models.open();
  await models.importFolder(inScratch(AQUILA2));
  await dialog(page).getByRole('button', { name: 'Start converting', exact: true }).click();
  await isReady(page, AQUILA2);
  const id = `${AQUILA2}-q4f16_1`;
  expect(await storedHashes(page, id)).toEqual(await byCommand(inScratch(AQUILA2)));
  expect((await weightKeys(page)).filter((key) => key.startsWith('convert/'))).toEqual([]);
  await models.delete(id);
  expect((await weightKeys(page)).filter((key) => key.includes(AQUILA2))).toEqual([]);
});

test.describe('in mid-way', () => {
  let context: BrowserContext;
  let page: Page;

  test.beforeAll(async ({ browser }, { project }) => {
    context = await browser.newContext({ baseURL: project.use.baseURL!, viewport: project.use.viewport! });
    page = await context.newPage();
    await new ChatPage(page).open('models');
  });

  test.afterAll(() => context.close());

  const resume = (where: Page) =>
    where.getByRole('button', { name: `Resume converting ${BIG}`, exact: true });
  const running = () => page.getByRole('region', { name: `Converting ${BIG}`, exact: true });

  test('a reload costs at most the shard in hand', async () => {
    server.hold = { name: 'model.safetensors', at: IN_THE_HEAD };
    await new ModelsPage(page).importFolder(inScratch(BIG));
    await dialog(page).getByRole('radio', { name: 'Another address' }).check();
    await dialog(page).getByRole('textbox', { name: 'Repository id or address' }).fill(server.address);
    await dialog(page).getByText('More options').click();
    await dialog(page).getByRole('combobox', { name: 'Quantisation' }).selectOption('q0f16');
    await dialog(page).getByRole('button', { name: 'Start converting', exact: true }).click();
    await expect.poll(() => shardsDone(page)).toBe(1);
    await page.reload();
    await expect(page.getByText('52% done')).toBeVisible();
    server.asked.length = 0;
    await resume(page).click();
    await expect(running().getByRole('progressbar')).toHaveAttribute('aria-valuenow', /^[5-9]\d$/);
  });

  test('another tab says that a model is being converted already', async () => {
    const other = await context.newPage();
    await new ChatPage(other).open('models');
    await expect(other.getByText('52% done')).toBeVisible();
    await resume(other).click();
    await expect(new ModelsPage(other).failure).toContainText('A model is being converted already');
    await other.close();
  });

  test('a pause keeps what is done', async () => {
    await running().getByRole('button', { name: 'Pause', exact: true }).click();
    await expect(running()).toHaveCount(0);
    await expect(page.getByText('52% done')).toBeVisible();
    expect(await storedHashes(page, `${BIG}-q0f16`)).toBeUndefined();
  });

  test('without a network it says so, goes on once it is back, and ends as if nothing had been', async () => {
    server.isGone = true;
    await resume(page).click();
    await expect(new ModelsPage(page).failure).toContainText('The download failed');
    server.isGone = false;
    server.hold = undefined;
    await new ModelsPage(page).failure.getByRole('button', { name: 'Resume', exact: true }).click();
    await isReady(page, BIG);
    // Of the weights only what was missing was read again.
    const again = server.asked.filter(({ name, start }) => name === 'model.safetensors' && start > 1e6);
    expect(Math.min(...again.map(({ start }) => start))).toBeGreaterThan(60e6);
    const expected = await byCommand(server.address, '--name', BIG, '--quantization', 'q0f16');
    expect(await storedHashes(page, `${BIG}-q0f16`)).toEqual(expected);
  });
});

test('the merged model answers as it should', async ({ visit: { models, chat } }) => {
  const { greedy } = JSON.parse(readFileSync(sharedPath('fixtures', 'tiny-ziya', 'golden.json')!, 'utf8'));
  const [{ messages, q4f16_1 }] = greedy;
  await chat.setDefaults({ Temperature: '0', 'Maximum length': '' });
  await models.open();
  await models.startChat(`${ZIYA}-q4f16_1`);
  await chat.untilReady();
  await expect(chat.textOf(await chat.ask(messages[0].content))).toHaveText(q4f16_1.text.trim());
  await chat.setDefaults({ Temperature: '', 'Maximum length': SHORT });
  await models.open();
  await models.delete(`${ZIYA}-q4f16_1`);
});

/** Whole shards of the conversion that is under way. */
async function shardsDone(page: Page): Promise<number> {
  const conversion = await storedConversion(page, `${BIG}-q0f16`);
  return conversion?.files.filter(({ name, state }) => name.endsWith('.bin') && state === 'done').length ?? 0;
}
