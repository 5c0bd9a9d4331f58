/** How long at least one of several overlapping things was going on. */
export class BusyTime {
  private running = 0;
  private sinceMs = 0;
  private total = 0;

  get ms(): number {
    return this.total;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.running === 0) this.sinceMs = performance.now();
    this.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
      if (this.running === 0) this.total += performance.now() - this.sinceMs;
    }
  }
}
