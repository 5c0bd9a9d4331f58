/** Deletes what this page has stored: conversations, settings, models, the offline copy of the app. */
import { AppError } from '../core/errors';
import { clearSettings } from '../store/settings';
import { removeAllStockFiles } from '../store/stock-files';
import { deleteModel, listModels, listUnfinished } from '../store/weights';
import { listConversions } from '../worker/convert-client';
import { chatStore, client } from './services';

/** @throws AppError `conversion-running`, before anything is deleted, while a tab converts. */
export async function deleteAll(): Promise<void> {
  if ((await listConversions()).some(({ isRunning }) => isRunning)) throw new AppError('conversion-running');
  await client.unload();
  await chatStore.getState().clear();
  for (const { id } of [...(await listModels()), ...(await listUnfinished())]) await deleteModel(id);
  await removeAllStockFiles();
  await clearSettings();
  localStorage.clear();
  location.hash = '#/';
  location.reload();
}
