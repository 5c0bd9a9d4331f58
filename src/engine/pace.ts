/**
 * Keeps one submit short: a driver resets the GPU after about two seconds, and the same GPU draws the page. The
 * cost of a token is learnt from the work done so far; the first submits are small.
 */
const TARGET_MS = 200;
const FIRST_CHUNK = 16;
/** A chunk may grow this much from one to the next: a single good measurement must not lead to a reset. */
const GROWTH = 4;

export class ChunkPace {
  private chunk = FIRST_CHUNK;

  constructor(
    private readonly unit: number,
    private readonly most: number,
  ) {}

  /** Tokens of the next prefill chunk. */
  get size(): number {
    return this.chunk;
  }

  /** A chunk of `tokens` took `elapsedMs`. */
  report(tokens: number, elapsedMs: number): void {
    const fitting = (TARGET_MS / Math.max(elapsedMs, 0.1)) * tokens;
    const bounded = Math.min(fitting, Math.max(this.chunk, tokens) * GROWTH, this.most);
    this.chunk = Math.max(this.unit, Math.floor(bounded / this.unit) * this.unit);
  }
}

export class TokenPace {
  /** Running mean of one decoded token; undefined before the first. */
  private meanMs: number | undefined;

  report(elapsedMs: number): void {
    this.meanMs = this.meanMs === undefined ? elapsedMs : this.meanMs * 0.8 + elapsedMs * 0.2;
  }

  /** Tokens in flight behind the one being read: two where a token is short, since waking the queue then weighs. */
  get lookAhead(): 1 | 2 {
    return this.meanMs !== undefined && this.meanMs < 8 ? 2 : 1;
  }

  /** Submits that one token's layers are spread over; all of them while nothing is known. */
  submits(layers: number): number {
    if (this.meanMs === undefined) return Math.min(layers, 4);
    return Math.min(layers, Math.max(1, Math.ceil(this.meanMs / (2 * TARGET_MS))));
  }
}
