/**
 * Keeps one submit short: a driver resets the GPU after about two seconds, and the same GPU draws the page. The
 * cost of a token is learnt from the work done so far; until then work is cut fine.
 */
const TARGET_MS = 200;
/** Tokens of one tile of the matrix kernels: fewer cost the same. */
const TILE = 64;

export class ChunkPace {
  private msPerToken: number | undefined;

  constructor(private readonly most: number) {}

  /** Tokens of the next prefill chunk: whole tiles, as many as two submits may take. */
  get size(): number {
    if (this.msPerToken === undefined) return Math.min(TILE, this.most);
    const fitting = Math.floor((2 * TARGET_MS) / this.msPerToken / TILE) * TILE;
    return Math.min(this.most, Math.max(TILE, fitting));
  }

  /** Submits that a chunk's layers are spread over. */
  submits(tokens: number, layers: number): number {
    if (this.msPerToken === undefined) return Math.min(layers, 8);
    const expectedMs = Math.max(tokens, TILE) * this.msPerToken;
    return Math.min(layers, Math.max(1, Math.ceil(expectedMs / TARGET_MS)));
  }

  /** A chunk of `tokens` took `elapsedMs`. */
  report(tokens: number, elapsedMs: number): void {
    const now = elapsedMs / Math.max(tokens, TILE);
    this.msPerToken = this.msPerToken === undefined ? now : (this.msPerToken + now) / 2;
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

  /** Submits that one token's layers are spread over. */
  submits(layers: number): number {
    if (this.meanMs === undefined) return Math.min(layers, 4);
    return Math.min(layers, Math.max(1, Math.ceil(this.meanMs / (2 * TARGET_MS))));
  }
}
