/**
 * The one loop of every BPE: join the best-ranked neighbouring pair, leftmost on a tie, until none is left.
 * A heap keeps it at O(n log n), since SentencePiece merges a whole message at once, not word by word.
 */
export interface MergeRule {
  /** Rank of joining the symbols in two slots, lower first; Infinity where they never join. */
  rank(left: number, right: number): number;
  /** The pair was joined: slot `left` now holds both. */
  join(left: number, right: number): void;
}

/** Binary heap of candidate pairs; `right` and `end` tell whether a candidate is out of date. */
class PairHeap {
  readonly #rank: number[] = [];
  readonly #left: number[] = [];
  readonly #right: number[] = [];
  readonly #end: number[] = [];
  rank = 0;
  left = 0;
  right = 0;
  end = 0;

  push(rank: number, left: number, right: number, end: number): void {
    let at = this.#rank.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(rank, left, parent)) break;
      this.#copy(parent, at);
      at = parent;
    }
    this.#set(at, rank, left, right, end);
  }

  /** Takes the best candidate into `rank`, `left`, `right`, `end`; false when empty. */
  pop(): boolean {
    const last = this.#rank.length - 1;
    if (last < 0) return false;
    this.rank = this.#rank[0]!;
    this.left = this.#left[0]!;
    this.right = this.#right[0]!;
    this.end = this.#end[0]!;
    const rank = this.#rank.pop()!;
    const left = this.#left.pop()!;
    const right = this.#right.pop()!;
    const end = this.#end.pop()!;
    if (last === 0) return true;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#before(this.#rank[child + 1]!, this.#left[child + 1]!, child)) child++;
      if (this.#before(rank, left, child)) break;
      this.#copy(child, at);
      at = child;
    }
    this.#set(at, rank, left, right, end);
    return true;
  }

  #before(rank: number, left: number, other: number): boolean {
    const otherRank = this.#rank[other]!;
    return rank < otherRank || (rank === otherRank && left < this.#left[other]!);
  }

  #copy(from: number, to: number): void {
    this.#set(to, this.#rank[from]!, this.#left[from]!, this.#right[from]!, this.#end[from]!);
  }

  #set(at: number, rank: number, left: number, right: number, end: number): void {
    this.#rank[at] = rank;
    this.#left[at] = left;
    this.#right[at] = right;
    this.#end[at] = end;
  }
}

/**
 * Merges `count` symbols in slots 0..count-1 and calls `emit` for every slot that is left, in order.
 * A slot is named after its first symbol, so slot and next slot together are the span it covers.
 */
export function mergeSymbols(
  count: number,
  rule: MergeRule,
  emit: (slot: number, end: number) => void,
): void {
  const next = new Int32Array(count + 1);
  const previous = new Int32Array(count + 1);
  for (let slot = 0; slot <= count; slot++) {
    next[slot] = slot + 1;
    previous[slot] = slot - 1;
  }
  const heap = new PairHeap();
  const propose = (left: number, right: number) => {
    if (left < 0 || right >= count) return;
    const rank = rule.rank(left, right);
    if (rank !== Number.POSITIVE_INFINITY) heap.push(rank, left, right, next[right]!);
  };
  for (let slot = 0; slot + 1 < count; slot++) propose(slot, slot + 1);
  while (heap.pop()) {
    const { left, right, end } = heap;
    if (next[left] !== right || next[right] !== end) continue;
    rule.join(left, right);
    next[left] = end;
    next[right] = 0; // Slot `right` is gone: no candidate that names it as its left matches any more.
    previous[end] = left;
    propose(previous[left]!, left);
    propose(left, end);
  }
  for (let slot = 0; slot < count; slot = next[slot]!) emit(slot, next[slot]!);
}
