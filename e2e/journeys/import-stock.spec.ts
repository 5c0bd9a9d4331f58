/** web-llm's own models run in a worker of their own; without their hosts they end in a sentence. */
import { expect } from '@playwright/test';
import { test } from '../visit';

const MODEL = 'SmolLM2-135M-Instruct-q0f16-MLC';

test('a model of web-llm that cannot be fetched says so, and the built-in one still answers', async ({
  visit: { page, chat, models },
  baseURL,
}) => {
  const asked: string[] = [];
  const isForeign = (url: URL) => !url.href.startsWith(baseURL!);
  await page.context().route(isForeign, async (route) => {
    asked.push(new URL(route.request().url()).host);
    await route.abort('internetdisconnected');
  });
  await models.open();
  await page.getByText('More models (web-llm)').click();
  await page.getByRole('searchbox', { name: 'Filter models' }).fill('smollm2 135m q0f16');
  await models.startChat(MODEL);
  await expect(page.getByRole('alert')).toContainText(`${MODEL} could not be loaded`);
  await expect(page.getByRole('alert')).toContainText(
    /The download failed|library of this model could not be fetched/,
  );
  expect(page.workers().some((worker) => /stock/.test(worker.url()))).toBe(true);
  await page.context().unroute(isForeign);
  expect(new Set(asked)).toEqual(new Set(['huggingface.co']));

  await chat.chooseModel('aerie-mini');
  await chat.ask('Does it work offline?');
  await models.open();
  await models.delete(MODEL);
  await expect(models.ids).toHaveText(['aerie-mini']);
});
