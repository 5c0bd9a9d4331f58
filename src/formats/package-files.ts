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
  /**
   * The bytes of [start, end) in order, in pieces of any size, as they arrive: one request for a long stretch
   * instead of many. Absent where `readRange` costs nothing extra. Throws like `readRange`.
   */
  stream?(name: string, start: number, end: number): AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** A publisher's folder, wherever it lies: a hub, an address, a folder, files the user gave. */
export interface CheckpointFiles extends PackageFiles {
  /** `hf:ORG/NAME`, `modelscope:ORG/NAME`, an address, or a folder's name. Goes into `aerie.json`. */
  readonly origin: string;
  /** Commit or tag; empty where there is none. */
  readonly revision: string;
  /**
   * Two folders with the same identity hold the same bytes: it names the commit, or digests the names, lengths
   * and entity tags or modification times of the files. A conversion is resumed only for the same identity.
   */
  readonly identity: string;
}
