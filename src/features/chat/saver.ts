/**
 * Writes conversations at most once per interval while they change, one write at a time each, and at once
 * on `flush` (end of an answer, page hidden). A failed write is reported and tried again with the next one.
 */
export const SAVE_INTERVAL_MS = 500;

export class Saver {
  private readonly dirty = new Set<string>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly writing = new Map<string, Promise<void>>();

  constructor(
    private readonly write: (id: string) => Promise<void>,
    private readonly onError: (error: unknown) => void,
    private readonly intervalMs = SAVE_INTERVAL_MS,
  ) {}

  /** Marks the record as changed. */
  schedule(id: string): void {
    this.dirty.add(id);
    if (this.timers.has(id)) return;
    this.timers.set(
      id,
      setTimeout(() => void this.flush(id), this.intervalMs),
    );
  }

  /** Writes now what has changed; resolves when it is stored. */
  async flush(id: string): Promise<void> {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    // A write under way has older content: the new one follows it.
    await this.writing.get(id);
    if (!this.dirty.delete(id)) return;
    const write = this.write(id).catch((error: unknown) => {
      this.dirty.add(id);
      this.onError(error);
    });
    this.writing.set(id, write);
    await write;
    if (this.writing.get(id) === write) this.writing.delete(id);
  }

  async flushAll(): Promise<void> {
    await Promise.all(this.unsaved().map((id) => this.flush(id)));
  }

  /** What has changed since its last write began. */
  unsaved(): readonly string[] {
    return [...this.dirty];
  }

  /** The record is gone: nothing more is written for it. Resolves when a write under way has ended. */
  async forget(id: string): Promise<void> {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    this.dirty.delete(id);
    await this.writing.get(id);
  }
}
