/** The package of a model as the native engine wants it: from the store, or fetched into the store first. */
import { AppError } from '../core/errors';
import type { PhaseProgress } from '../engine/progress';
import { AERIE_MANIFEST_NAME } from '../formats/aerie-manifest';
import type { PackageFiles } from '../formats/package-files';
import { httpSource } from '../store/http-source';
import { installModel } from '../store/install';
import { hasModel, openModel } from '../store/weights';
import type { EngineRecord } from './records';

/** How long a newer version of the built-in model is looked for before the stored one is used. */
const UPDATE_WAIT_MS = 4_000;

/**
 * A model that came with the app is replaced when the app brings another one; any other is fetched only
 * when it is not stored. Without a network the stored one serves.
 * @throws AppError `model-unknown` for a model that is neither stored nor at an address, `model-incomplete`,
 *   and what `installModel` throws.
 */
export async function openStoredPackage(
  record: EngineRecord,
  report: (step: PhaseProgress) => void,
  signal: AbortSignal,
): Promise<PackageFiles> {
  const { model_id: id, model: address } = record;
  const isStored = await hasModel(id);
  if (/^https?:/.test(address) && (!isStored || (await hasNewer(id, address, signal)))) {
    try {
      await installModel(httpSource(address), { id, onProgress: report, signal });
    } catch (error) {
      const { code } = AppError.from(error);
      if (!isStored || code === 'aborted') throw error;
    }
  }
  return openModel(id);
}

/** Whether the app's own copy differs from the stored one; only asked of the app's own origin. */
async function hasNewer(id: string, address: string, signal: AbortSignal): Promise<boolean> {
  if (new URL(address).origin !== globalThis.location?.origin) return false;
  try {
    const url = new URL(AERIE_MANIFEST_NAME, address);
    const response = await fetch(url, {
      cache: 'no-cache',
      signal: AbortSignal.any([signal, AbortSignal.timeout(UPDATE_WAIT_MS)]),
    });
    if (!response.ok) return false;
    const [offered, stored] = await Promise.all([
      response.text(),
      openModel(id).then((files) => files.read(AERIE_MANIFEST_NAME)),
    ]);
    return offered !== new TextDecoder().decode(stored);
  } catch {
    // Offline, or a package without aerie.json: what is stored is as good as it gets.
    return false;
  }
}
