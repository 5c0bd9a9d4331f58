/**
 * How often guesses come true, by the length of the match they rest on. It learns from every token, guessed or
 * not: each draft is remembered beside what the model then really drew, so that finding out costs nothing.
 */
import { DRAFT_TOKENS, type Draft } from './draft';

/** Shortest match of each class, and the chance of one more token before anything was learnt. */
const CLASSES = [
  { matched: 2, chance: 0.35 },
  { matched: 3, chance: 0.5 },
  { matched: 4, chance: 0.6 },
  { matched: 6, chance: 0.75 },
  { matched: 10, chance: 0.85 },
] as const;
/** What is assumed weighs as much as so many observations. */
const PRIOR_WEIGHT = 3;
/** Weight left to an observation after each that follows it: what is older than some hundred hardly counts. */
const MEMORY = 0.98;

/** A draft that is being compared with what comes. */
interface Watched {
  readonly draft: Draft;
  seen: number;
}

/** [class, step]: of the drafts that were right up to `step`, how many were tried there and how many held. */
interface Counts {
  readonly tried: Float64Array;
  readonly held: Float64Array;
}

export class Acceptance {
  private readonly counts: Counts = {
    tried: new Float64Array(CLASSES.length * DRAFT_TOKENS),
    held: new Float64Array(CLASSES.length * DRAFT_TOKENS),
  };
  private watched: Watched[] = [];

  /** The text goes on elsewhere: drafts still open are not decided by it. */
  restart(): void {
    this.watched = [];
  }

  /** The model drew `id`; `next` is what would be guessed after it. */
  observe(id: number, next: Draft | undefined): void {
    this.watched = this.watched.filter((watched) => {
      const holds = watched.draft.ids[watched.seen] === id;
      this.count(watched.draft.matched, watched.seen, holds);
      watched.seen += 1;
      return holds && watched.seen < DRAFT_TOKENS;
    });
    if (next) this.watched.push({ draft: next, seen: 0 });
  }

  /** [DRAFT_TOKENS] probability that the first token of such a draft holds, the first two, and so on. */
  chances(matched: number): number[] {
    const row = classOf(matched);
    let product = 1;
    return Array.from({ length: DRAFT_TOKENS }, (_, step) => {
      const at = row * DRAFT_TOKENS + step;
      const held = this.counts.held[at]! + PRIOR_WEIGHT * CLASSES[row]!.chance;
      product *= held / (this.counts.tried[at]! + PRIOR_WEIGHT);
      return product;
    });
  }

  private count(matched: number, step: number, holds: boolean): void {
    const { tried, held } = this.counts;
    const at = classOf(matched) * DRAFT_TOKENS + step;
    tried[at] = tried[at]! * MEMORY + 1;
    held[at] = held[at]! * MEMORY + (holds ? 1 : 0);
  }
}

function classOf(matched: number): number {
  return CLASSES.findLastIndex((entry) => matched >= entry.matched);
}
