/** A package's folder behind an address whose server answers the folder itself with a JSON list of its files. */
import { AppError } from '../../core/errors';
import type { PackageFiles } from '../../formats/package-files';

/** @param folderUrl ends with a slash. */
export function httpFiles(folderUrl: string): PackageFiles {
  const fetchBytes = async (name: string, headers: Record<string, string> = {}) => {
    const response = await fetch(folderUrl + name, { headers });
    if (!response.ok) throw new AppError('file-missing', { file: name });
    return new Uint8Array(await response.arrayBuffer());
  };
  return {
    list: async () => (await fetch(folderUrl)).json(),
    read: (name) => fetchBytes(name),
    async readRange(name, start, end) {
      if (end <= start) return new Uint8Array();
      const bytes = await fetchBytes(name, { range: `bytes=${start}-${end - 1}` });
      if (bytes.length !== end - start)
        throw new AppError('file-truncated', {
          file: name,
          expectedBytes: end,
          actualBytes: start + bytes.length,
        });
      return bytes;
    },
  };
}
