/**
 * Headers and directories are read in many small steps that lie close together. Over a network each step
 * costs a round trip, so the bytes around it are fetched as well and kept for the next one.
 */
const WINDOW_BYTES = 64 << 10;
/** Of all files of a source: 8 MiB. */
const MAX_WINDOWS = 128;

/** Reads longer than this are not worth keeping. */
export const SMALL_BYTES = 512 << 10;

type Load = (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>;

/** Kept windows of all files of one source; the one that was not used for longest goes first. */
export class SmallReads {
  private readonly windows = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

  /** Bytes [start, end) in a buffer of their own. `load` fetches a stretch of the file within `sizeBytes`. */
  async read(file: string, sizeBytes: number, start: number, end: number, load: Load) {
    const key = (index: number) => `${file}\0${index}`;
    const first = Math.floor(start / WINDOW_BYTES);
    const last = Math.floor((end - 1) / WINDOW_BYTES);
    let from = first;
    while (from <= last && this.windows.has(key(from))) from++;
    let to = last;
    while (to > from && this.windows.has(key(to))) to--;
    if (from <= to) {
      const base = from * WINDOW_BYTES;
      const stretch = load(base, Math.min(sizeBytes, (to + 1) * WINDOW_BYTES));
      for (let index = from; index <= to; index++) {
        const at = index * WINDOW_BYTES - base;
        this.keep(
          key(index),
          stretch.then((bytes) => bytes.subarray(at, at + WINDOW_BYTES)),
        );
      }
    }
    const wanted: Promise<Uint8Array<ArrayBuffer>>[] = [];
    for (let index = first; index <= last; index++) {
      const window = this.windows.get(key(index))!;
      wanted.push(window);
      this.keep(key(index), window);
    }
    this.forgetOldest();
    const bytes = new Uint8Array(end - start);
    (await Promise.all(wanted)).forEach((window, i) => {
      const windowStart = (first + i) * WINDOW_BYTES;
      const part = window.subarray(Math.max(0, start - windowStart), end - windowStart);
      bytes.set(part, Math.max(0, windowStart - start));
    });
    return bytes;
  }

  private keep(key: string, window: Promise<Uint8Array<ArrayBuffer>>): void {
    const isNew = this.windows.get(key) !== window;
    this.windows.delete(key);
    this.windows.set(key, window);
    if (!isNew) return;
    window.catch(() => {
      if (this.windows.get(key) === window) this.windows.delete(key);
    });
  }

  private forgetOldest(): void {
    for (const key of this.windows.keys()) {
      if (this.windows.size <= MAX_WINDOWS) return;
      this.windows.delete(key);
    }
  }
}
