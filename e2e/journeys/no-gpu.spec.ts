/** Without a usable GPU the page says what is missing and what to do, in the user's language. */
import { expect, test } from '@playwright/test';

const CASES = [
  {
    name: 'no WebGPU',
    script: () => Reflect.deleteProperty(Navigator.prototype, 'gpu'),
    en: /WebGPU/,
    zh: /WebGPU/,
  },
  {
    name: 'no adapter',
    script: () => {
      GPU.prototype.requestAdapter = async () => null;
    },
    en: /(graphics|GPU)/i,
    zh: /(显卡|GPU)/,
  },
];

for (const { name, script, en, zh } of CASES)
  for (const [language, text] of [
    ['en', en],
    ['zh', zh],
  ] as const)
    test(`${name}, ${language}`, async ({ page }) => {
      await page.addInitScript(script);
      // The engine's worker has a navigator of its own, so the page's own check must catch it first.
      await page.goto(`/?lang=${language}`);
      await expect(page.getByRole('alert').filter({ hasText: text })).toBeVisible();
    });
