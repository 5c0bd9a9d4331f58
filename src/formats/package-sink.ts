/**
 * Where a conversion puts its package: a folder (src/cli), or the browser's database (src/store). A sink
 * remembers what it holds, so that a conversion that was cut off goes on from its last whole file.
 *
 *   begin --write*--> finish          the package is there
 *   begin --write*--> (anything)      kept; the next `begin` with the same fingerprint tells what is there
 *
 * State is written before bytes: a file that was being written when it ended counts as absent.
 */

export interface WrittenFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Hex; MLC's manifest names it for shards. */
  readonly md5?: string;
}

/** What is known of the package before its first byte. */
export interface PackageOutline {
  /** Two conversions with the same fingerprint write the same bytes. */
  readonly fingerprint: string;
  readonly name: string;
  readonly source: string;
  readonly licence: string;
  readonly quantization: string;
  readonly contextLength: number;
  /** Shards in the order in which they are written. */
  readonly shards: readonly { readonly name: string; readonly sizeBytes: number }[];
  /** Of all files, the small ones estimated from above. */
  readonly sizeBytes: number;
}

export interface PackageSink {
  /**
   * Files that an earlier conversion of the same fingerprint left whole; everything else that is left over
   * is removed. Throws `storage-full` {neededBytes, freeBytes} when the rest will not fit, `storage-failed`.
   */
  begin(outline: PackageOutline): Promise<ReadonlyMap<string, WrittenFile>>;
  /**
   * Stores one whole file and reads it back: it counts as there once its hash is right.
   * Throws `storage-full`, `storage-failed`, `hash-mismatch` {file}.
   */
  write(file: WrittenFile, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Makes the package appear, all at once; files that were not written in this or an earlier run are an error. */
  finish(): Promise<void>;
}
