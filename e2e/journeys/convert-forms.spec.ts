/** One model in every form that publishers use gives the same weights in the page, and those of the command line. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { folderFiles } from '../../src/cli/folder-files';
import { flagaiCopy, loraFor, torchCopy } from '../../src/convert/test-layouts';
import type { MemoryFolder } from '../../src/formats/test-files';
import { sharedPath } from '../../src/tasks/shared-data';
import { convertByCommand, fixtureFolder, type Hashes, scratchFolder } from '../checkpoints';
import type { ModelsPage } from '../models-page';
import { storedHashes } from '../storage';
import { SHORT, test } from '../visit';

test.describe.configure({ mode: 'serial' });

const ORIGINAL = 'tiny-aquilachat';
const MERGED = `${ORIGINAL}-base + lora`;
const TOKENIZER = ['tokenizers', 'aquila'];

const scratch = scratchFolder();
const inScratch = (name: string) => join(scratch.path, name);
let original: Hashes;

test.skip(() => !sharedPath('fixtures', ORIGINAL), 'the tiny checkpoints are not on this machine');

/** The tokenizer's files and the given ones in a folder of that name. */
function write(name: string, folder: MemoryFolder): void {
  mkdirSync(inScratch(name));
  fixtureFolder(inScratch(name), TOKENIZER);
  for (const [file, bytes] of folder) writeFileSync(join(inScratch(name), file), bytes);
}

test.beforeAll(async () => {
  fixtureFolder(inScratch(ORIGINAL), ['fixtures', ORIGINAL], TOKENIZER);
  const files = folderFiles(inScratch(ORIGINAL));
  write(`${ORIGINAL}-bin`, await torchCopy(files, 2));
  write(`${ORIGINAL}-flagai`, await flagaiCopy(files));
  const { base, lora } = await loraFor(files, { rank: 4, alpha: 8, layout: 'flagai', format: 'torch' });
  write(`${ORIGINAL}-base`, base);
  mkdirSync(inScratch('lora'));
  for (const [file, bytes] of lora) writeFileSync(join(inScratch('lora'), file), bytes);
  original = await convertByCommand(['--source', inScratch(ORIGINAL)], inScratch('package'));
});

test.afterAll(() => scratch.remove());

const weightsOf = (hashes: Hashes | undefined) =>
  Object.entries(hashes ?? {}).filter(([name]) => name.startsWith('params_shard'));

async function convert({ page }: ModelsPage, name: string): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name: 'Start converting', exact: true }).click();
  await expect(page.getByText(`${name} is ready`)).toBeVisible();
}

for (const form of ['', '-bin', '-flagai']) {
  const name = ORIGINAL + form;
  test(`${name} becomes the package of the command line, with the original's weights`, async ({
    visit: { page, models },
  }) => {
    await models.open();
    await models.importFolder(inScratch(name));
    await convert(models, name);
    const stored = await storedHashes(page, `${name}-q4f16_1`);
    const byCommand = await convertByCommand(['--source', inScratch(name)], inScratch(`package${form}-here`));
    expect(stored).toEqual(byCommand);
    expect(weightsOf(stored)).toEqual(weightsOf(original));
    await models.delete(`${name}-q4f16_1`);
  });
}

test('a base and its LoRA become the original, and it answers as it should', async ({
  visit: { page, models, chat },
}) => {
  await models.open();
  await models.importFolder(inScratch(`${ORIGINAL}-base`));
  await page.getByRole('dialog').getByText('More options').click();
  await page.locator('input[data-import="lora-folder"]').setInputFiles(inScratch('lora'));
  await convert(models, MERGED);
  const id = `${ORIGINAL}-base-lora-q4f16_1`;
  expect(weightsOf(await storedHashes(page, id))).toEqual(weightsOf(original));

  const { greedy } = JSON.parse(readFileSync(sharedPath('fixtures', ORIGINAL, 'golden.json')!, 'utf8'));
  const [{ messages, q4f16_1 }] = greedy;
  await chat.setDefaults({ Temperature: '0', 'Maximum length': '' });
  await models.open();
  await models.startChat(id);
  await chat.untilReady();
  await expect(chat.textOf(await chat.ask(messages[0].content))).toHaveText(q4f16_1.text.trim());
  await chat.setDefaults({ Temperature: '', 'Maximum length': SHORT });
  await models.open();
  await models.delete(id);
});
