/** A package converted by the command line is brought in by folder, drop and address, and answers exactly. */
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { expect } from '@playwright/test';
import { GOLDEN_MODEL, goldenDialogue, goldenPackage } from '../golden';
import { weightKeys } from '../storage';
import { SHORT, test } from '../visit';

test.describe.configure({ mode: 'serial' });

const ID = `${GOLDEN_MODEL}-q4f16_1`;

/** Undefined where all is skipped. */
let server: Server | undefined;

test.skip(() => !goldenPackage(), 'the golden checkpoint is not on this machine');

test.beforeAll(async ({ visit: { chat } }) => {
  server = await serve(goldenPackage()!);
  await chat.setDefaults({ Temperature: '0', 'Maximum length': '' });
});

test.afterAll(async ({ visit: { chat } }) => {
  if (!server) return;
  server.close();
  await chat.setDefaults({ Temperature: '', 'Maximum length': SHORT });
});

/** Any origin may read the files of a folder, as a model host would allow. */
async function serve(folder: string): Promise<Server> {
  const started = createServer(({ url }, response) => {
    const path = join(folder, basename(url ?? ''));
    response.setHeader('access-control-allow-origin', '*');
    if (!existsSync(path) || !statSync(path).isFile()) return response.writeHead(404).end();
    response.setHeader('content-length', statSync(path).size);
    return createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => {
    started.listen(0, '127.0.0.1', resolve);
  });
  return started;
}

test('a folder becomes a model with its size', async ({ visit: { page, models } }) => {
  await models.open();
  await models.importFolder(goldenPackage()!);
  await expect(page.getByText(`${ID} is imported`)).toBeVisible();
  await expect(models.ids).toHaveText(['aerie-mini', ID]);
  const folder = goldenPackage()!;
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  await expect(models.model(ID)).toContainText(`${size} · q4f16_1 · Context 2,048 tokens`);
});

test('it answers exactly as the reference does, in Chinese, in English and over two turns', async ({
  visit: { chat, models },
}) => {
  await models.startChat(ID);
  await chat.untilReady();
  const turns = goldenDialogue('What is the brightest star in Aquila?');
  expect(turns).toHaveLength(2);
  for (const { question, answer } of turns) {
    const article = await chat.ask(question);
    await expect(chat.textOf(article)).toHaveText(answer);
  }
  for (const question of ['Where is Beijing?', '用 emoji 回答：开心', '数到五']) {
    await models.open();
    await models.startChat(ID);
    const [turn] = goldenDialogue(question);
    await expect(chat.textOf(await chat.ask(question))).toHaveText(turn!.answer);
  }
});

test('deleted, it leaves nothing behind', async ({ visit: { page, models } }) => {
  await models.open();
  await models.delete(ID);
  await expect(models.ids).toHaveText(['aerie-mini']);
  const left = await weightKeys(page);
  expect(left.filter((key) => key.includes(GOLDEN_MODEL))).toEqual([]);
  expect(left).toContain('state/aerie-mini');
});

test('dropped files and a dropped folder become the model', async ({ visit: { models } }) => {
  const folder = goldenPackage()!;
  await models.drop(readdirSync(folder).map((name) => join(folder, name)));
  await expect(models.ids).toHaveText(['aerie-mini', ID]);
  await models.delete(ID);
  await models.drop([folder]);
  await expect(models.ids).toHaveText(['aerie-mini', ID]);
  await models.delete(ID);
});

test('an address of another origin becomes the model', async ({ visit: { page, models } }) => {
  const { port } = server!.address() as AddressInfo;
  await models.importFrom('no address');
  await expect(page.getByText('Enter a full address that starts with https://.')).toBeVisible();
  await models.importFrom(`http://127.0.0.1:${port}/${GOLDEN_MODEL}`);
  await expect(models.ids).toHaveText(['aerie-mini', ID]);
  await models.importFrom(`http://127.0.0.1:1/${GOLDEN_MODEL}`);
  await expect(models.failure).toContainText('The download failed');
  await expect(models.ids).toHaveText(['aerie-mini', ID]);
  await models.delete(ID);
});
