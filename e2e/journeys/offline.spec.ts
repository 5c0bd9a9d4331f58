/** Once visited, Aerie needs no network: page, engine and built-in model come from this device. */
import { expect, test } from '@playwright/test';
import { ChatPage } from '../chat-page';
import { cachedAddresses, weightKeys } from '../storage';

test('answers with the network off after the first visit, in a new tab too', async ({ page, context }) => {
  const chat = new ChatPage(page);
  await chat.open();
  await chat.setDefaults({ 'Maximum length': '6' });
  await chat.ask('What is Aerie?');
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await expect.poll(async () => (await cachedAddresses(page)).length).toBeGreaterThan(10);
  // The service worker keeps the app, the database keeps the weights.
  expect((await cachedAddresses(page)).filter((url) => /\/models\/|\.bin$/.test(url))).toEqual([]);
  expect(await weightKeys(page)).toContain('state/aerie-mini');

  await context.setOffline(true);
  await page.reload();
  await expect(chat.questions).toHaveText([/What is Aerie\?/]);

  const other = new ChatPage(await context.newPage());
  await other.open();
  await expect(other.conversation('What is Aerie?')).toBeVisible();
  await page.close();
  await other.ask('And in a new tab?');
  // Screens that were not opened before are there as well.
  await other.button('Models').click();
  await expect(other.page.getByRole('heading', { name: 'aerie-mini' })).toBeVisible();
});

test('is installable', async ({ page, request }) => {
  await page.goto('/');
  const href = await page.locator('link[rel="manifest"]').getAttribute('href');
  const manifest = await (await request.get(new URL(href!, page.url()).href)).json();
  expect(manifest).toMatchObject({ name: 'Aerie', display: 'standalone', start_url: './', scope: './' });
  const sizes: string[] = [];
  for (const { src, sizes: size } of manifest.icons) {
    const icon = await request.get(new URL(src, page.url()).href);
    expect(icon.ok(), src).toBe(true);
    sizes.push(size);
  }
  expect(sizes).toEqual(expect.arrayContaining(['192x192', '512x512']));
  const client = await page.context().newCDPSession(page);
  const { installabilityErrors } = await client.send('Page.getInstallabilityErrors');
  // A private window, which every test is, may not install anything.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
});
