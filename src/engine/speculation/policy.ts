/**
 * Decides, token by token, whether a guess is worth checking and how much of it, from what was measured on this
 * adapter: a plain token with the next ones in flight, a pass over several columns, and the bubble when the
 * pipeline runs dry and starts again. All figures are compared in plain tokens.
 *
 * A running account bounds what being wrong may cost: it starts with a small credit, every plain token adds two
 * hundredths of itself, every pass adds the tokens it gave and takes the time it took. Nothing is tried while the
 * account does not cover the worst case, so that an adapter on which passes are slow loses about 2 % and no more.
 */

/** Columns of the widest pass: the last token and the draft. */
const WIDEST = 8;
/** Draft of the first pass of all: wide enough to tell a steep cost from a flat one, narrow enough to be cheap. */
const FIRST_DRAFT = 3;
/** Tokens that the first pass must promise. */
const FIRST_PROMISE = 2;
/** Tokens after which a pass measured once counts as unknown. */
const FORGOTTEN_AFTER = 2000;
/** Starting to guess, which empties the pipeline, must promise this much more than it costs. */
const START_MARGIN = 0.05;
/** The account, in plain tokens. */
const ACCOUNT = { first: 4, perToken: 0.02, most: 8, least: -8 } as const;
/** Shares of the newest figure in its mean. */
const NEWEST = { plain: 0.1, restart: 0.2, pass: 0.25 } as const;
/** A figure this many times its mean is a pause of the machine. */
const OUTLIER = 3;

interface Measured {
  readonly ms: number;
  /** Tokens drawn by then. */
  readonly at: number;
}

export class SpeculationPolicy {
  private plainMs: number | undefined;
  private restartMs = 0;
  /** By columns. */
  private readonly passes = new Map<number, Measured>();
  private tokens = 0;
  private isWarm = false;
  private account: number = ACCOUNT.first;

  /** A token of the plain loop took `ms`, the next being in flight. */
  reportPlain(ms: number): void {
    this.plainMs = mean(this.plainMs, ms, NEWEST.plain);
    this.tokens += 1;
    this.book(ACCOUNT.perToken);
  }

  /** A token of the plain loop took `ms`, the pipeline having been empty before. */
  reportRestart(ms: number): void {
    this.tokens += 1;
    if (this.plainMs === undefined) return;
    const extraMs = Math.max(0, ms - this.plainMs);
    this.restartMs = mean(this.restartMs === 0 ? undefined : this.restartMs, extraMs, NEWEST.restart);
    this.book(-extraMs / this.plainMs);
  }

  /** A pass over `columns` tokens took `ms` and gave `tokens`. */
  reportPass(columns: number, ms: number, tokens: number): void {
    this.tokens += tokens;
    // The first pass of all also warms up the kernels; it counts as spent, not as measured.
    if (this.isWarm) {
      const before = this.known(columns)?.ms;
      this.passes.set(columns, { ms: mean(before, ms, NEWEST.pass), at: this.tokens });
    }
    this.isWarm = true;
    if (this.plainMs !== undefined) this.book(tokens - ms / this.plainMs);
  }

  /**
   * Draft tokens to check now; 0: go on plainly.
   * @param chances [draft tokens] probability that the first guess holds, the first two, and so on
   * @param inFlight plain tokens already submitted, which come first: the guess must survive them, and the
   *   pipeline then runs empty for it
   */
  decide(chances: readonly number[], inFlight: number): number {
    if (this.plainMs === undefined) return 0;
    const survival = inFlight === 0 ? 1 : (chances[inFlight - 1] ?? 0);
    if (survival <= 0) return 0;
    const expected = expectedTokens(chances, inFlight);
    const restart = inFlight === 0 ? 0 : this.restartMs / this.plainMs;
    if (this.isUnknown) return this.explore(expected, survival, restart);
    if (this.account <= 0) return 0;
    let best = 0;
    let bestRate = 0;
    for (let draft = 1; draft < expected.length; draft++) {
      const cost = this.cost(draft + 1);
      const rate = expected[draft]! / cost;
      const margin = inFlight === 0 ? 0 : START_MARGIN * cost;
      if (rate <= bestRate || survival * (expected[draft]! - cost) < restart + margin) continue;
      best = draft;
      bestRate = rate;
    }
    return best;
  }

  private explore(expected: readonly number[], survival: number, restart: number): number {
    const draft = Math.min(FIRST_DRAFT, expected.length - 1);
    if (draft < 1 || expected[draft]! < FIRST_PROMISE) return 0;
    // At worst every column costs a token.
    const risk = survival * (draft + 1 - expected[draft]!) + restart;
    return this.account >= risk ? draft : 0;
  }

  private get isUnknown(): boolean {
    for (let columns = 2; columns <= WIDEST; columns++) if (this.known(columns)) return false;
    return true;
  }

  private known(columns: number): Measured | undefined {
    const measured = this.passes.get(columns);
    return measured && this.tokens - measured.at < FORGOTTEN_AFTER ? measured : undefined;
  }

  /** Of a pass, in plain tokens; on the line through the nearest widths that were measured, a token being width 1. */
  private cost(columns: number): number {
    const plainMs = this.plainMs!;
    let low = { columns: 1, ms: plainMs };
    let lower = low;
    for (let width = 2; width <= WIDEST; width++) {
      const ms = this.known(width)?.ms;
      if (ms === undefined) continue;
      if (width === columns) return ms / plainMs;
      if (width > columns) return line(low, { columns: width, ms }, columns) / plainMs;
      lower = low;
      low = { columns: width, ms };
    }
    return Math.max(low.ms, line(lower, low, columns)) / plainMs;
  }

  private book(tokens: number): void {
    this.account = Math.min(ACCOUNT.most, Math.max(ACCOUNT.least, this.account + tokens));
  }
}

/** [draft length] tokens that a pass gives: those accepted and the one that follows them. */
function expectedTokens(chances: readonly number[], inFlight: number): number[] {
  const after = chances.slice(inFlight).map((chance) => chance / (chances[inFlight - 1] ?? 1));
  const expected = [1];
  for (const chance of after) expected.push(expected.at(-1)! + chance);
  return expected;
}

interface Point {
  readonly columns: number;
  readonly ms: number;
}

function line(a: Point, b: Point, columns: number): number {
  return a.ms + ((b.ms - a.ms) * (columns - a.columns)) / (b.columns - a.columns);
}

function mean(before: number | undefined, ms: number, newest: number): number {
  if (before === undefined) return ms;
  return before * (1 - newest) + Math.min(ms, before * OUTLIER) * newest;
}
