/**
 * Every damaged package ends in a sentence of its own and leaves nothing behind, and what cannot be sent is
 * refused before it is sent. The packages are made from the built-in model, so nothing else is needed.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { downloadPackage, makePackage, type PackageBytes, SHARD } from '../packages';
import { weightKeys } from '../storage';
import { test, type Visit } from '../visit';

test.describe.configure({ mode: 'serial' });

interface Damage {
  readonly name: string;
  readonly change: (files: PackageBytes) => void;
  readonly sentence: RegExp;
  /** The list of files with their hashes does not know of the change. */
  readonly isSecret?: boolean;
}

const CONFIG = 'mlc-chat-config.json';
const TENSORS = 'tensor-cache.json';

const DAMAGES: readonly Damage[] = [
  {
    name: 'a missing shard',
    change: (files) => files.delete(SHARD),
    sentence: /lacks a file.*params_shard_0\.bin/,
    isSecret: true,
  },
  {
    name: 'a shard that is cut off',
    change: (files) => files.set(SHARD, files.get(SHARD)!.slice(0, -100)),
    sentence: /A file is incomplete.*params_shard_0\.bin.*expected.*found/,
    isSecret: true,
  },
  {
    name: 'one flipped bit in a shard',
    change: (files) => {
      const shard = files.get(SHARD)!;
      shard[1000]! ^= 4;
    },
    sentence: /params_shard_0\.bin.*hash mismatch/,
    isSecret: true,
  },
  {
    name: 'one flipped bit in the configuration',
    change: (files) => {
      const config = files.get(CONFIG)!;
      config[20]! ^= 1;
    },
    sentence: /mlc-chat-config\.json.*hash mismatch/,
    isSecret: true,
  },
  {
    name: 'no configuration at all',
    change: (files) => files.delete(CONFIG),
    sentence: /no mlc-chat-config\.json here, so this is not an MLC package/,
  },
  {
    name: 'a configuration that is no JSON',
    change: (files) => files.set(CONFIG, Buffer.from('{"model_type": ')),
    sentence: /wrong format.*mlc-chat-config\.json/,
  },
  {
    name: 'a tensor whose shape contradicts its length',
    change: (files) =>
      edit(files, TENSORS, /("name":\s*"model\.norm\.weight"[^}]*"shape":\s*\[\s*)\d+/, '$1 32'),
    sentence: /wrong format.*tensor-cache\.json.*model\.norm\.weight/,
  },
  {
    name: 'a tensor of the wrong shape',
    change: (files) => edit(files, TENSORS, /("shape":\s*\[\s*)(\d+)(,\s*)(\d+)(\s*\])/, '$1$4$3$2$5'),
    sentence: /wrong shape: “model\.[^”]+”: .* expected, .* found/,
  },
  {
    name: 'a tensor of an unknown name',
    change: (files) => edit(files, TENSORS, /"model\.norm\.weight"/, '"model.nrom.weight"'),
    sentence: /lacks a tensor.*model\.norm\.weight/,
  },
  {
    name: 'an impossible number in the configuration',
    change: (files) => edit(files, CONFIG, /"num_attention_heads":\s*\d+/g, '"num_attention_heads": -3'),
    sentence: /configuration is not valid.*num_attention_heads.*-3/,
  },
  {
    name: 'a head count that does not divide',
    change: (files) => edit(files, CONFIG, /"num_attention_heads":\s*\d+/g, '"num_attention_heads": 7'),
    sentence: /configuration is not valid.*num_(attention|key_value)_heads|wrong shape/,
  },
  {
    name: 'an unknown quantisation',
    change: (files) => edit(files, CONFIG, /"quantization":\s*"\w+"/, '"quantization": "q3f16_9"'),
    sentence: /Unknown quantisation.*q3f16_9/,
  },
  {
    name: 'an unknown architecture',
    change: (files) => edit(files, CONFIG, /"model_type":\s*"\w+"/, '"model_type": "mamba"'),
    sentence: /Unsupported architecture.*mamba/,
  },
];

function edit(files: PackageBytes, name: string, pattern: RegExp, replacement: string): void {
  const before = Buffer.from(files.get(name)!).toString();
  const after = before.replace(pattern, replacement);
  expect(after, `${pattern} is in ${name}`).not.toBe(before);
  files.set(name, Buffer.from(after));
}

let scratch: string;
let original: PackageBytes;

test.beforeAll(async ({ visit: { page, chat, models } }) => {
  scratch = mkdtempSync(join(tmpdir(), 'aerie-bad-'));
  await chat.startNew();
  // The built-in model has been stored once it answers.
  await chat.ask('Who are you?');
  original = await downloadPackage(page.request, new URL('models/aerie-mini/', page.url()).href);
  await models.open();
});

test.afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Imports a package and expects it to fail with the sentence, with the database as it was before. */
async function expectRefused({ page, models }: Visit, folder: string, sentence: RegExp): Promise<void> {
  const before = await weightKeys(page);
  await models.importFolder(folder);
  await expect(models.failure).toHaveText(sentence);
  await expect(models.failure).toContainText('Import failed');
  await models.failure.getByRole('button', { name: 'Close', exact: true }).click();
  await expect(models.failure).toHaveCount(0);
  await expect(models.ids).toHaveText(['aerie-mini']);
  expect(await weightKeys(page)).toEqual(before);
}

for (const { name, change, sentence, isSecret = false } of DAMAGES)
  test(`${name} is refused and nothing is stored`, async ({ visit }) => {
    const folder = join(scratch, name.replaceAll(' ', '-'));
    makePackage(folder, original, { name: 'damaged', change, isSecret });
    await expectRefused(visit, folder, sentence);
  });

test('a package larger than the space left is refused before its weights are fetched', async ({
  visit: { page, models },
}) => {
  const files = withShardOf(10 ** 13);
  const asked: string[] = [];
  const address = 'https://models.example/huge/';
  await page.context().route(`${address}**`, async (route) => {
    const name = route.request().url().slice(address.length);
    asked.push(name);
    const body = files.get(name);
    const headers = { 'access-control-allow-origin': '*' };
    await route.fulfill(body ? { body: Buffer.from(body), headers } : { status: 404, headers });
  });
  const before = await weightKeys(page);
  await models.importFrom(address);
  await expect(models.failure).toHaveText(/Not enough storage: 10 TB are needed, .* are free/);
  await models.failure.getByRole('button', { name: 'Close', exact: true }).click();
  await page.context().unroute(`${address}**`);
  expect(asked).not.toContain(SHARD);
  expect(await weightKeys(page)).toEqual(before);
  await expect(models.ids).toHaveText(['aerie-mini']);
});

/** The files of a package that says its shard is as long as this. */
function withShardOf(sizeBytes: number): PackageBytes {
  const folder = join(scratch, 'huge');
  const change = (files: PackageBytes) => edit(files, TENSORS, /(?<="nbytes":\s*)\d{6,}/, String(sizeBytes));
  makePackage(folder, original, { name: 'huge', change });
  const read = (name: string) => readFileSync(join(folder, name));
  const manifest = JSON.parse(read('aerie.json').toString());
  for (const file of manifest.files) if (file.name === SHARD) file.sizeBytes = sizeBytes;
  return new Map([
    ...[...original.keys()].map((name) => [name, read(name)] as const),
    ['aerie.json', Buffer.from(JSON.stringify(manifest))],
  ]);
}

test('a server without the package, and a page instead of it', async ({
  visit: { page, models },
  baseURL,
}) => {
  const before = await weightKeys(page);
  await models.importFrom(`${baseURL}/nothing/here`);
  await expect(models.failure).toContainText(/not an MLC package|lacks a file/);
  await models.failure.getByRole('button', { name: 'Close', exact: true }).click();
  expect(await weightKeys(page)).toEqual(before);
});

test('an empty message cannot be sent, a too long one says by how much', async ({ visit: { chat } }) => {
  await chat.startNew();
  await expect(chat.send).toBeDisabled();
  await chat.message.fill('  \n ');
  await expect(chat.send).toBeDisabled();
  await chat.message.press('Enter');
  await expect(chat.questions).toHaveCount(0);

  await chat.message.fill('eagle '.repeat(20_000));
  await chat.send.click();
  const answer = chat.answers.nth(0);
  await expect(answer).toHaveAttribute('data-status', 'error');
  await expect(answer).toContainText(/too long for the context by [\d,]+ tokens/);
  // The engine is as ready as before, and the failed turn does not stand in the way.
  await chat.ask('Does it work offline?');
});

test('a conversation whose model was deleted says so and goes on with another', async ({
  visit: { page, chat, models },
}) => {
  const folder = join(scratch, 'visitor');
  makePackage(folder, original, { name: 'visitor-q4f16_1' });
  await models.open();
  await models.importFolder(folder);
  await expect(models.ids).toHaveText(['aerie-mini', 'visitor-q4f16_1']);
  await models.startChat('visitor-q4f16_1');
  await chat.say('Is someone there?');
  await chat.stop.click();
  await expect(chat.answers.nth(0)).toHaveAttribute('data-status', 'interrupted');
  await models.open();
  await models.delete('visitor-q4f16_1');
  await chat.conversation('Is someone there?').click();
  await expect(page.getByText(/uses “visitor-q4f16_1”, which is not on this device/)).toBeVisible();
  await chat.message.fill('Still there?');
  await expect(chat.send).toBeDisabled();
  await expect(chat.questions).toHaveText([/Is someone there\?/]);
  await chat.chooseModel('aerie-mini');
  await chat.ask('Still there?');
});
