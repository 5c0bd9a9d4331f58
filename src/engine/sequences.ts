/**
 * Which cached sequence a prompt goes on with: a decision in numbers of tokens, nothing on the GPU. A sequence is
 * a conversation, or a version of one, whose keys and values are kept; losing one is never wrong, only slow, since
 * it is computed again. src/engine/sequence-set.ts acts on the decision.
 */

export interface SequenceView {
  readonly tokens: readonly number[];
  /** Of `tokens`, how many have their keys and values in the cache. */
  readonly cached: number;
  /** Grows with every use of any sequence. */
  readonly usedAt: number;
}

export interface ResumePlan {
  /** Index of the sequence to work on; undefined: a new one. */
  readonly target: number | undefined;
  /** Index of the sequence to copy the first `kept` positions from; undefined when they are in place already. */
  readonly source: number | undefined;
  readonly kept: number;
}

/** So few tokens are computed again sooner than they are worth a sequence of their own. */
const FEW_LOST = 64;
/** Below, a copy costs more than computing the tokens along with the rest of the prompt. */
const FEW_COPIED = 16;

/**
 * The longest common prefix is kept, without its last token where it is all of `ids`, so that logits come out. It
 * is used in place where that loses next to nothing: a follow-up, or a short answer replaced. Otherwise the prefix
 * is copied, into a new sequence if `canAdd`, else over the one that is missed least: tokens that no other sequence
 * has, halved for every sequence used since, because the one left last is the one most likely to be gone back to.
 */
export function planResume(
  sequences: readonly SequenceView[],
  ids: readonly number[],
  canAdd: boolean,
): ResumePlan {
  const kept = sequences.map((sequence) => Math.min(shared(sequence, ids), ids.length - 1));
  const most = Math.max(0, ...kept);
  const lost = sequences.map((_, index) => lostTokens(sequences, index, ids));
  const everywhere = sequences.map((_, index) => index);

  const inPlace = least(
    everywhere.filter((index) => kept[index]! === most && lost[index]! <= FEW_LOST),
    (index) => lost[index]!,
  );
  if (inPlace !== undefined) return { target: inPlace, source: undefined, kept: most };

  const target = canAdd ? undefined : least(everywhere, (index) => lost[index]! / 2 ** age(sequences, index));
  const keptThere = target === undefined ? 0 : kept[target]!;
  if (most - keptThere < FEW_COPIED) return { target, source: undefined, kept: keptThere };
  return { target, source: kept.indexOf(most), kept: most };
}

/** The sequence not in use that was left longest ago; undefined when there is none. */
export function leastRecent(sequences: readonly SequenceView[], inUse: number): number | undefined {
  const idle = sequences.map((_, index) => index).filter((index) => index !== inUse);
  return least(idle, (index) => sequences[index]!.usedAt);
}

/** Number of leading ids that both share. */
export function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a[length] === b[length]) length += 1;
  return length;
}

/** Leading ids whose keys and values the sequence has. */
function shared({ tokens, cached }: SequenceView, ids: readonly number[]): number {
  return Math.min(cached, commonPrefix(tokens, ids));
}

/** Cached tokens that would be nowhere any more if this sequence held `ids` instead. */
function lostTokens(sequences: readonly SequenceView[], index: number, ids: readonly number[]): number {
  const sequence = sequences[index]!;
  const elsewhere = sequences.map((other, i) =>
    i === index ? shared(sequence, ids) : Math.min(other.cached, shared(sequence, other.tokens)),
  );
  return sequence.cached - Math.max(...elsewhere);
}

/** Sequences used since this one. */
function age(sequences: readonly SequenceView[], index: number): number {
  return sequences.filter(({ usedAt }) => usedAt > sequences[index]!.usedAt).length;
}

/** The first of the smallest. */
function least(indices: readonly number[], cost: (index: number) => number): number | undefined {
  return indices.reduce<number | undefined>(
    (best, index) => (best === undefined || cost(index) < cost(best) ? index : best),
    undefined,
  );
}
