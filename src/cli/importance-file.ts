import { basename, dirname } from 'node:path';
import { AppError } from '../core/errors';
import { readSafetensors } from '../formats/safetensors';
import { folderFiles } from './folder-files';

/**
 * How much an error of each input of each matrix matters: a safetensors file of U8 vectors [in], 1 to 127, under
 * the names of the stored matrices (`model.layers.0.mlp.down_proj`). Throws AppError `file-missing`,
 * `format-invalid`.
 */
export async function readImportance(path: string): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const files = folderFiles(dirname(path));
  const file = basename(path);
  const importance = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [name, tensor] of await readSafetensors(files, file, undefined)) {
    const { dtype, shape, byteOffset, sizeBytes } = tensor;
    const values = await files.readRange(file, byteOffset, byteOffset + sizeBytes); // [in]
    if (dtype !== 'U8' || shape.length !== 1 || values.some((value) => value < 1 || value > 127)) {
      throw new AppError('format-invalid', { file, reason: `${name} is no vector of numbers from 1 to 127` });
    }
    importance.set(name, values);
  }
  return importance;
}
