/**
 * Keeps one submit short: the same GPU draws the page, and a driver resets it after about two seconds. What a layer
 * costs is learnt from the work done so far; until then work is cut fine.
 */

/** Longest submit where the GPU also draws the page: just less than a frame of 60 a second. */
const FRAME_MS = 15;
/** A token is cut into several where it takes longer than a frame. */
const TOKEN_MS = 16;
/** Longest submit of an adapter that draws nothing worth waiting for. */
const SOFTWARE_MS = 500;
/** Tokens of one tile of the matrix kernels: fewer cost the same. */
const TILE = 64;
/** Chunk of an adapter nothing is known of. */
const FIRST_CHUNK = 2 * TILE;

export interface ChunkPaceOptions {
  readonly isSoftware: boolean;
  readonly layers: number;
  /** Most tokens of a chunk. */
  readonly most: number;
  /** Up to this many tokens a chunk costs about the same, whatever their number. */
  readonly few: number;
}

/** How much of a prompt goes into one chunk and how much of a chunk into one submit. */
export class ChunkPace {
  private readonly targetMs: number;
  /** Of one layer: per token of a chunk, and of a chunk of a few tokens. */
  private many: number | undefined;
  private few: number | undefined;

  constructor(private readonly options: ChunkPaceOptions) {
    this.targetMs = options.isSoftware ? SOFTWARE_MS : FRAME_MS;
  }

  /** Tokens of the next chunk: whole tiles, as many as let a single layer stay within a submit. */
  get size(): number {
    const { most } = this.options;
    if (this.many === undefined) return Math.min(FIRST_CHUNK, most);
    const fitting = Math.floor(this.targetMs / this.many / TILE) * TILE;
    return Math.min(most, Math.max(TILE, fitting));
  }

  /** Where each submit of a chunk ends: rising layer numbers, the last one `layers`. */
  cuts(tokens: number): number[] {
    const { layers } = this.options;
    const perLayer = this.layerMs(tokens);
    const each = perLayer === undefined ? 1 : Math.max(1, Math.floor(this.targetMs / perLayer));
    const submits = Math.ceil(layers / each);
    return Array.from({ length: submits }, (_, part) => Math.floor(((part + 1) * layers) / submits));
  }

  /** A submit of `layers` layers of a chunk of `tokens` took `elapsedMs`. */
  report(tokens: number, layers: number, elapsedMs: number): void {
    const perLayer = elapsedMs / layers;
    if (tokens <= this.options.few) this.few = mean(this.few, perLayer);
    else this.many = mean(this.many, perLayer / Math.max(tokens, TILE));
  }

  private layerMs(tokens: number): number | undefined {
    if (tokens <= this.options.few) return this.few;
    return this.many === undefined ? undefined : this.many * Math.max(tokens, TILE);
  }
}

function mean(before: number | undefined, now: number): number {
  return before === undefined ? now : (before + now) / 2;
}

export class TokenPace {
  /** Running mean of one decoded token; undefined before the first. */
  private meanMs: number | undefined;
  /** Longest submit. */
  private readonly targetMs: number;

  constructor({ isSoftware }: Pick<ChunkPaceOptions, 'isSoftware'>) {
    this.targetMs = isSoftware ? SOFTWARE_MS : TOKEN_MS;
  }

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
    return Math.min(layers, Math.max(1, Math.ceil(this.meanMs / this.targetMs)));
  }
}
