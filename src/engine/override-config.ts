/** Lays a record's overrides over the package's own chat configuration, as web-llm does: field by field, whole values. */
import { AppError } from '../core/errors';
import type { PackageFiles } from '../formats/package-files';

const CONFIG = 'mlc-chat-config.json';

/** @throws AppError `format-invalid` when the configuration is read and is no JSON object. */
export function withOverrides(
  files: PackageFiles,
  overrides: Readonly<Record<string, unknown>>,
): PackageFiles {
  if (Object.keys(overrides).length === 0) return files;
  const read = async (): Promise<Uint8Array<ArrayBuffer>> => {
    const text = new TextDecoder().decode(await files.read(CONFIG));
    try {
      return new TextEncoder().encode(JSON.stringify({ ...JSON.parse(text), ...overrides }));
    } catch (error) {
      throw new AppError('format-invalid', { file: CONFIG, reason: `not JSON: ${String(error)}` }, error);
    }
  };
  return {
    list: async () =>
      (await files.list()).map((file) => (file.name === CONFIG ? { ...file, sizeBytes: undefined } : file)),
    read: (name) => (name === CONFIG ? read() : files.read(name)),
    readRange: async (name, start, end) => {
      if (name !== CONFIG) return files.readRange(name, start, end);
      return (await read()).slice(start, end);
    },
  };
}
