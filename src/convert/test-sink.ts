/** A place in memory that conversions write to, with faults, and the contract that every sink keeps. */
import { AppError } from '../core/errors';
import { sha256Hex } from '../formats/hash';
import type { PackageOutline, PackageSink, WrittenFile } from '../formats/package-sink';
import type { Bytes, MemoryFolder } from '../formats/test-files';

/** Moments at which a memory sink may be made to fail. */
export type SinkStep = 'begin' | 'state' | 'half-written' | 'written' | 'finish';

/** What outlives the process: opened again, a new sink finds what the last one left. */
export class MemoryPlace {
  /** Appears with `finish`. */
  finished: MemoryFolder | undefined;
  /** Called before each step with the file in hand; throws to let the sink die there. */
  onStep: ((step: SinkStep, file: string) => void) | undefined;
  #fingerprint = '';
  #outline: PackageOutline | undefined;
  readonly #files = new Map<string, { file: WrittenFile; isWhole: boolean; bytes: Bytes }>();

  open(): PackageSink {
    return {
      begin: async (outline) => {
        this.onStep?.('begin', '');
        if (outline.fingerprint !== this.#fingerprint) this.#files.clear();
        this.#fingerprint = outline.fingerprint;
        this.#outline = outline;
        for (const [name, { isWhole }] of this.#files) if (!isWhole) this.#files.delete(name);
        return new Map([...this.#files].map(([name, { file }]) => [name, file]));
      },
      write: async (file, bytes) => {
        this.onStep?.('state', file.name);
        const entry = { file, isWhole: false, bytes: bytes.slice(0, bytes.length >> 1) };
        this.#files.set(file.name, entry);
        this.onStep?.('half-written', file.name);
        entry.bytes = bytes.slice();
        if ((await sha256Hex(entry.bytes)) !== file.sha256) {
          throw new AppError('hash-mismatch', { file: file.name });
        }
        entry.isWhole = true;
        this.onStep?.('written', file.name);
      },
      finish: async () => {
        this.onStep?.('finish', '');
        const missing = this.#outline?.shards.find(({ name }) => !this.#files.get(name)?.isWhole);
        if (missing) throw new AppError('model-incomplete', { reason: missing.name });
        this.finished = new Map([...this.#files].map(([name, { bytes }]) => [name, bytes]));
        this.#files.clear();
        this.#fingerprint = '';
      },
    };
  }
}
