/** Deletes what this page has stored: conversations, settings, models, what it found out about the GPU. */
import { AppError } from '../core/errors';
import { clearSettings } from '../store/settings';
import { removeAllStockFiles } from '../store/stock-files';
import { clearTuning } from '../store/tuning';
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
  await clearTuning();
  await clearSettings();
  localStorage.clear();
  location.hash = '#/';
  location.reload();
}
