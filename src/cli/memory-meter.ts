/** The most memory that this process takes over a stretch of work. */

export interface MemoryPeaks {
  /** JavaScript heap of the main thread. */
  readonly heapBytes: number;
  /** Array buffers and other memory outside of its heap. */
  readonly bufferBytes: number;
  /** Most of both at one moment. */
  readonly heapAndBufferBytes: number;
  /** The whole process with all its threads. */
  readonly residentBytes: number;
  readonly residentBeforeBytes: number;
}

const SAMPLE_MS = 50;

export class MemoryMeter {
  private readonly residentBeforeBytes = process.memoryUsage.rss();
  private heapBytes = 0;
  private bufferBytes = 0;
  private heapAndBufferBytes = 0;
  private residentBytes = 0;
  private readonly timer = setInterval(() => this.sample(), SAMPLE_MS);

  /** Beyond the samples taken by the clock, which stands still while the thread works. */
  sample(): void {
    const { heapUsed, external, rss } = process.memoryUsage();
    // `external` includes the array buffers.
    this.heapBytes = Math.max(this.heapBytes, heapUsed);
    this.bufferBytes = Math.max(this.bufferBytes, external);
    this.heapAndBufferBytes = Math.max(this.heapAndBufferBytes, heapUsed + external);
    this.residentBytes = Math.max(this.residentBytes, rss);
  }

  stop(): MemoryPeaks {
    clearInterval(this.timer);
    this.sample();
    const { heapBytes, bufferBytes, heapAndBufferBytes, residentBeforeBytes } = this;
    // The kernel's own mark misses nothing, but may be older than this meter.
    const everBytes = process.resourceUsage().maxRSS * 1024;
    const residentBytes = Math.max(this.residentBytes, everBytes);
    return { heapBytes, bufferBytes, heapAndBufferBytes, residentBytes, residentBeforeBytes };
  }
}
