import type { CheckpointFiles } from '../formats/package-files';

/** The same files; every byte that comes in is told, those of a stream piece by piece. */
export function countingFiles(files: CheckpointFiles, onBytes: (bytes: number) => void): CheckpointFiles {
  const count = (bytes: Uint8Array<ArrayBuffer>) => {
    onBytes(bytes.length);
    return bytes;
  };
  const counting: CheckpointFiles = {
    origin: files.origin,
    revision: files.revision,
    // Read when it is asked for: a folder digests itself only then.
    get identity() {
      return files.identity;
    },
    list: () => files.list(),
    read: async (name) => count(await files.read(name)),
    readRange: async (name, start, end) => count(await files.readRange(name, start, end)),
  };
  if (!files.stream) return counting;
  const stream = (name: string, start: number, end: number) => ({
    [Symbol.asyncIterator]() {
      const pieces = files.stream!(name, start, end)[Symbol.asyncIterator]();
      return {
        async next() {
          const piece = await pieces.next();
          if (!piece.done) count(piece.value);
          return piece;
        },
        return: async () => (await pieces.return?.()) ?? { done: true as const, value: undefined },
      };
    },
  });
  return Object.defineProperties({ stream } as CheckpointFiles, Object.getOwnPropertyDescriptors(counting));
}
