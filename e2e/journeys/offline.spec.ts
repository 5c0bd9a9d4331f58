/** Once visited, Aerie needs no network: page, engine and built-in model come from this device. */
import { expect, test } from '@playwright/test';
import { ChatPage } from '../chat-page';

test('answers with the network off after the first visit', async ({ page, context }) => {
  const chat = new ChatPage(page);
  await chat.open();
  await chat.ask('What is Aerie?');
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await expect.poll(() => page.evaluate(async () => (await caches.keys()).length)).toBeGreaterThan(0);
  await context.setOffline(true);
  await page.reload();
  await expect(chat.questions.nth(0)).toContainText('What is Aerie?');
  await chat.newChat.click();
  await chat.ask('Does it work offline?');
  await context.setOffline(false);
});

test('is installable', async ({ page, request }) => {
  await page.goto('/');
  const href = await page.locator('link[rel="manifest"]').getAttribute('href');
  const manifest = await (await request.get(new URL(href!, page.url()).href)).json();
  expect(manifest).toMatchObject({ name: 'Aerie', display: 'standalone' });
  for (const { src, sizes } of manifest.icons) {
    const icon = await request.get(new URL(src, page.url()).href);
    expect(icon.ok(), `${src} ${sizes}`).toBe(true);
  }
});
