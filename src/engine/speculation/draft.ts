/**
 * Guesses how a text goes on from the text itself: where its last tokens stood before, the tokens that followed
 * then may follow again ("prompt lookup decoding", A. Saxena, github.com/apoorvumang/prompt-lookup-decoding).
 * An index over all runs of two to four tokens makes a guess cost the same however long the text is. Whoever
 * guesses wrong loses only time: the model checks every guess (verify.ts).
 */
import { commonPrefix } from '../sequences';

/** Tokens guessed at once: with the token before them they fill the eight columns of the kernels. */
export const DRAFT_TOKENS = 7;
/** A match is measured back to so many tokens; longer ones are as good. */
export const LONGEST_MATCH = 16;
/** Lengths of the runs looked up, longest first. */
const RUNS = [4, 3, 2] as const;

export interface Draft {
  /** [DRAFT_TOKENS] token ids */
  readonly ids: readonly number[];
  /** How many of the last tokens agree with those before the place found, 2 to LONGEST_MATCH. */
  readonly matched: number;
}

/** All runs of one length, by their last position. */
interface Runs {
  readonly length: number;
  /** Hash of a run -> position of its last token where it stood last. */
  readonly last: Map<number, number>;
  /** For each position: the one before it with the same hash, -1 without. */
  readonly previous: number[];
}

export class DraftIndex {
  private readonly ids: number[] = [];
  private readonly runs: readonly Runs[] = RUNS.map((length) => ({ length, last: new Map(), previous: [] }));

  /** Tokens known. */
  get length(): number {
    return this.ids.length;
  }

  /** Makes `tokens` the text, keeping what both share; for whenever someone else may have changed it. */
  sync(tokens: readonly number[]): void {
    const shared = commonPrefix(this.ids, tokens);
    this.truncate(shared);
    for (let index = shared; index < tokens.length; index++) this.push(tokens[index]!);
  }

  /** The text grows by one token. */
  push(id: number): void {
    const position = this.ids.length;
    this.ids.push(id);
    for (const { length, last, previous } of this.runs) {
      const key = this.hash(position, length);
      previous.push(last.get(key) ?? -1);
      last.set(key, position);
    }
  }

  /** Forgets everything from `length` on, newest first, so that older places come to light again. */
  truncate(length: number): void {
    while (this.ids.length > length) {
      const position = this.ids.length - 1;
      for (const { length: run, last, previous } of this.runs) {
        const key = this.hash(position, run);
        const before = previous.pop()!;
        if (before < 0) last.delete(key);
        else last.set(key, before);
      }
      this.ids.pop();
    }
  }

  /** What followed the latest earlier place of the last four tokens, or three, or two. */
  draft(): Draft | undefined {
    const end = this.ids.length - 1;
    for (const { length, previous } of this.runs) {
      let place = previous[end] ?? -1;
      // Runs that share a hash without being equal are stepped over.
      while (place >= 0 && this.agreement(place, end, length) < length) place = previous[place]!;
      if (place >= 0)
        return { ids: this.following(place), matched: this.agreement(place, end, LONGEST_MATCH) };
    }
    return undefined;
  }

  /** Where the text ends sooner, what was guessed goes on being copied: a loop is guessed for as long as it turns. */
  private following(place: number): number[] {
    const { ids } = this;
    const drafted: number[] = [];
    for (let step = 1; step <= DRAFT_TOKENS; step++) {
      const from = place + step;
      drafted.push(from < ids.length ? ids[from]! : drafted[from - ids.length]!);
    }
    return drafted;
  }

  /** Up to `most`, how many tokens ending at `a` and at `b` are the same; a < b. */
  private agreement(a: number, b: number, most: number): number {
    let count = 0;
    while (count < most && count <= a && this.ids[a - count] === this.ids[b - count]) count += 1;
    return count;
  }

  /** u32 of the run that ends at `position`; the beginning of the text cuts a run short. */
  private hash(position: number, length: number): number {
    let value = length;
    for (let index = Math.max(0, position - length + 1); index <= position; index++) {
      value = Math.imul(value ^ this.ids[index]!, 0x9e3779b1);
      value ^= value >>> 15;
    }
    return value >>> 0;
  }
}
