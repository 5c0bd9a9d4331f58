import { AppError } from '../../core/errors';
import { sha256Hex } from '../../formats/hash';
import type { CheckpointFiles } from '../../formats/package-files';
import type { RemoteFile } from './remote-file';

/** A checkpoint whose files lie behind addresses; shared by all sources of the network. */
export function httpFiles(
  about: Pick<CheckpointFiles, 'origin' | 'revision' | 'identity'>,
  files: readonly RemoteFile[],
): CheckpointFiles {
  const byName = new Map(files.map((file) => [file.name, file]));
  const find = (name: string): RemoteFile => {
    const file = byName.get(name);
    if (!file) throw new AppError('file-missing', { file: name });
    return file;
  };
  return {
    ...about,
    list: async () => files.map(({ name, sizeBytes }) => ({ name, sizeBytes })),
    read: async (name) => find(name).read(),
    readRange: async (name, start, end) => find(name).readRange(start, end),
    stream: (name, start, end) => find(name).stream(start, end),
  };
}

/** Digest of plain data, the same for the same data. */
export function identityOf(data: unknown): Promise<string> {
  return sha256Hex(new TextEncoder().encode(JSON.stringify(data)));
}
