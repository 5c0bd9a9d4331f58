/**
 * Where the bytes of a stored model come from. Implemented over IndexedDB (src/store), over a folder
 * (src/cli) and over HTTP, so that the engine never knows which it reads.
 */
export interface PackageFiles {
  /** Names of all files, relative to the package, with their length where known. */
  list(): Promise<readonly { name: string; sizeBytes: number | undefined }[]>;
  /** Whole file. Throws AppError `file-missing`. */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** `end` exclusive. Throws `file-missing`, or `file-truncated` when the range goes past the end. */
  readRange(name: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}
