/** Where a package is brought in from: an address, or files the user gave. Names are relative to the package. */
export interface SourceFile {
  /** Undefined where the server does not say. */
  readonly sizeBytes: number | undefined;
  readonly stream: ReadableStream<Uint8Array>;
}

export interface PackageSource {
  /** Shown to the user and kept with the model. */
  readonly address: string;
  /** Last part of the address or the folder's name: what to call a package that does not name itself. */
  readonly label: string;
  /** An address can be asked again later, so a half-finished installation is kept; given files can not. */
  readonly isResumable: boolean;
  /** Files that are there with their length, or undefined where one has to ask for each. */
  readonly listing: ReadonlyMap<string, number> | undefined;
  /**
   * @param fresh go past caches: the copy they hold was found bad.
   * @throws AppError `file-missing` {file}, `download-failed` {url, host, status}, `aborted`.
   */
  open(name: string, signal: AbortSignal, fresh: boolean): Promise<SourceFile>;
}
