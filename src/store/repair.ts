/** A stored model on its way to being mended: a conversion of it in which only the bad files are missing. */
import { AppError } from '../core/errors';
import { resumeNeed } from './convert-order';
import { type ModelState, writeConversion } from './weights-database';

/**
 * It writes under the model's own generation: the bytes are the same, so the model stays as usable as it is.
 * The caller holds the model's lock. @throws AppError `storage-failed`, `internal` for a model not made here.
 */
export async function beginRepair(state: ModelState, badFiles: readonly string[]): Promise<void> {
  const { made, ...about } = state;
  if (!made) throw new AppError('internal', { message: 'not converted here' });
  const files = state.files.map((file) =>
    badFiles.includes(file.name) ? { ...file, state: 'missing' as const } : file,
  );
  const doneBytes = files.reduce((sum, file) => sum + (file.state === 'done' ? file.sizeBytes : 0), 0);
  const conversion = { ...made, doneBytes, totalBytes: state.sizeBytes, need: resumeNeed(made.order) };
  await writeConversion({ ...about, files, fingerprint: '', conversion });
}
