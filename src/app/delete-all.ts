/** Deletes what this page has stored: conversations, settings, models, the offline copy of the app. */
import { clearSettings } from '../store/settings';
import { removeAllStockFiles } from '../store/stock-files';
import { deleteModel, listModels, listUnfinished } from '../store/weights';
import { chatStore, client } from './services';

export async function deleteAll(): Promise<void> {
  await client.unload();
  await chatStore.getState().clear();
  for (const { id } of [...(await listModels()), ...(await listUnfinished())]) await deleteModel(id);
  await removeAllStockFiles();
  await clearSettings();
  localStorage.clear();
  location.hash = '#/';
  location.reload();
}
