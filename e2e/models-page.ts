/** The Models screen as a person uses it, in English. */
import { expect, type Locator, type Page } from '@playwright/test';

export class ModelsPage {
  constructor(readonly page: Page) {}

  async open(): Promise<void> {
    await this.page.getByRole('button', { name: 'Models', exact: true }).click();
    await expect(this.page.getByRole('heading', { name: 'Models', exact: true })).toBeVisible();
  }

  /** Ids of the models on this machine, in the order shown. */
  get ids(): Locator {
    return this.page.getByRole('main').getByRole('listitem').getByRole('heading', { level: 3 });
  }

  model(id: string): Locator {
    return this.page
      .getByRole('listitem')
      .filter({ has: this.page.getByRole('heading', { name: id, exact: true }) });
  }

  get failure(): Locator {
    return this.page.getByRole('alert');
  }

  /** @param folder on this machine; chosen as with the folder button. */
  async importFolder(folder: string): Promise<void> {
    await this.page.locator('input[data-import="folder"]').setInputFiles(folder);
  }

  async importFrom(address: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Import from a URL', exact: true }).fill(address);
    await this.page.getByRole('button', { name: 'Download', exact: true }).click();
  }

  /** Drops files or folders of this machine on the import area, as from a file manager. */
  async drop(paths: readonly string[]): Promise<void> {
    const target = this.page.getByText('or drop a folder or files here');
    await target.scrollIntoViewIfNeeded();
    const box = (await target.boundingBox())!;
    const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const data = { items: [], files: [...paths], dragOperationsMask: 1 };
    const client = await this.page.context().newCDPSession(this.page);
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await client.send('Input.dispatchDragEvent', { type, ...at, data });
    await client.detach();
  }

  async startChat(id: string): Promise<void> {
    await this.page.getByRole('button', { name: `Start a chat with ${id}`, exact: true }).click();
  }

  async delete(id: string): Promise<void> {
    await this.page.getByRole('button', { name: `Delete ${id}`, exact: true }).click();
    await this.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await expect(this.model(id)).toHaveCount(0);
  }
}
