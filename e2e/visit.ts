/**
 * One long visit, shared by the journeys that need no storage of their own: a software adapter takes long to
 * compile a model's kernels, and people do not reload between two things they do either. Conversations and
 * loaded model carry over from journey to journey; a failure starts a new visit.
 */
import { test as base, type Page } from '@playwright/test';
import { ChatPage } from './chat-page';
import { ModelsPage } from './models-page';

export interface Visit {
  readonly page: Page;
  readonly chat: ChatPage;
  readonly models: ModelsPage;
}

/** Tokens of an answer whose text does not matter. */
export const SHORT = '6';

export const test = base.extend<object, { visit: Visit }>({
  visit: [
    async ({ browser }, use, { project }) => {
      const { baseURL, viewport } = project.use;
      const permissions = ['clipboard-read', 'clipboard-write'];
      const context = await browser.newContext({ baseURL: baseURL!, viewport: viewport!, permissions });
      const page = await context.newPage();
      const chat = new ChatPage(page);
      await chat.open();
      await chat.setDefaults({ 'Maximum length': SHORT });
      await use({ page, chat, models: new ModelsPage(page) });
      await context.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});
