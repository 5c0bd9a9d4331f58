/** The benchmark on a GPU that is none: measured, read, exported, compared, cancelled, and the model comes back. */
import { readFileSync } from 'node:fs';
import { expect, type Page } from '@playwright/test';
import { parseBenchResult } from '../../src/bench/schema';
import { expectNoSidewaysScroll, expectNothingSerious } from '../axe';
import { test } from '../visit';

test.describe.configure({ mode: 'serial' });

const PHONE = { width: 390, height: 844 };
const WIDE = { width: 1280, height: 800 };

const benchWorkers = (page: Page) => page.workers().filter((worker) => /bench\.worker/.test(worker.url()));

let exported: string;

test('measures the built-in model after unloading it, and shows what came out', async ({
  visit: { page, chat },
}) => {
  await chat.startNew();
  await chat.untilReady();
  await chat.button('Settings').click();
  await chat.button('Open benchmark').click();
  await expect(page.getByRole('heading', { level: 1, name: 'Benchmark' })).toBeVisible();
  await expect(page.getByText('This GPU is emulated in software')).toBeVisible();
  await page.getByText('34B', { exact: true }).click();
  await expect(page.getByText('Only 2 of 60 layers run')).toBeVisible();
  await page.getByText('Built-in', { exact: true }).click();
  await chat.button('Start').click();
  const consent = page.getByRole('dialog', { name: 'Unload aerie-mini first?' });
  await expect(consent).toBeVisible();
  await consent.getByRole('button', { name: 'Unload and start', exact: true }).click();
  await expect(page.getByRole('progressbar', { name: 'Progress of the benchmark' })).toBeVisible();
  await expectNothingSerious(page, 'running benchmark');

  await expect(page.getByRole('heading', { name: 'Result', exact: true })).toBeVisible({ timeout: 150_000 });
  expect(benchWorkers(page)).toHaveLength(0);
  await expect(page.getByRole('img', { name: 'Speed over context length' })).toBeVisible();
  await expect(page.getByRole('img', { name: /^Share of the bandwidth/ })).toBeVisible();
  const writing = page.getByRole('table', { name: 'Writing' });
  await expect(writing.getByRole('row')).toHaveCount(3);
  await expect(page.getByRole('table', { name: 'Kernels' }).getByRole('row')).not.toHaveCount(1);
  await expect(page.getByText('Some parts could not be measured')).toHaveCount(0);
});

test('reads well in both themes and languages, wide and on a phone', async ({ visit: { page } }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const language of ['zh', 'en'] as const) {
    await page.evaluate(() => {
      location.hash = '#/settings';
    });
    await page.getByText(language === 'zh' ? '中文' : 'English', { exact: true }).click();
    await page.evaluate(() => {
      location.hash = '#/bench';
    });
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(
      language === 'zh' ? '测速' : 'Benchmark',
    );
    for (const colorScheme of ['dark', 'light'] as const)
      for (const size of [WIDE, PHONE]) {
        const where = `benchmark ${language} ${colorScheme} ${size.width}`;
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(size);
        await expectNothingSerious(page, where);
        await expectNoSidewaysScroll(page, where);
      }
  }
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ reducedMotion: null, colorScheme: null });
});

test('exports what the command line reads, and compares with such a file', async ({
  visit: { page, chat },
}) => {
  const download = page.waitForEvent('download');
  await chat.button('Export JSON').click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^aerie-bench_aerie-mini_[\w-]+\.json$/);
  exported = await file.path();
  const result = parseBenchResult(readFileSync(exported, 'utf8'), exported);
  expect(result.config).toMatchObject({ shapes: ['aerie-mini'], isQuick: true });
  expect(result.adapter).toMatchObject({ isSoftware: true, platform: expect.stringMatching(/^Chrome \d+/) });
  expect(result.shapes[0]).toMatchObject({ layers: 4, totalLayers: 4, isScaled: false, skipped: [] });

  const picker = page.locator('input[data-bench="file"]');
  await picker.setInputFiles(exported);
  await expect(page.getByText(/^Compared with /)).toBeVisible();
  const ratios = page.getByRole('table', { name: 'Built-in model' }).getByRole('cell', { name: '1×' });
  expect(await ratios.count()).toBeGreaterThan(5);
  await expectNothingSerious(page, 'comparison');
  await chat.button('Close comparison').click();
  const nonsense = { name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from('{"a": 1}') };
  await picker.setInputFiles(nonsense);
  await expect(page.getByRole('alert')).toContainText('This file is no benchmark result.');
});

test('a run can be cancelled, ends when its page is left, and the model comes back', async ({
  visit: { page, chat },
}) => {
  await chat.button('Start').click();
  await expect.poll(() => benchWorkers(page).length).toBe(1);
  await chat.button('Cancel').click();
  await expect(page.getByRole('heading', { name: 'Measure again', exact: true })).toBeVisible();
  expect(benchWorkers(page)).toHaveLength(0);
  await expect(page.getByRole('heading', { name: 'Result', exact: true })).toBeVisible();

  await chat.button('Start').click();
  await expect.poll(() => benchWorkers(page).length).toBe(1);
  await chat.button('Settings').first().click();
  await expect(page.getByText('The benchmark was stopped because you left its page')).toBeVisible();
  await expect.poll(() => benchWorkers(page).length).toBe(0);

  await chat.button('Open benchmark').click();
  await expect(page.getByText('aerie-mini made room on the GPU')).toBeVisible();
  await chat.button('Load again').click();
  await chat.startNew();
  await chat.untilReady();
  await chat.ask('Are you back?');
});

test('the last result is there at the next visit', async ({ visit: { page, chat } }) => {
  await page.goto('/?lang=en#/bench');
  await page.reload();
  await expect(page.getByRole('img', { name: 'Speed over context length' })).toBeVisible();
  await chat.startNew();
});
