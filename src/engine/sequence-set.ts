/**
 * The conversations, and versions of conversations, whose keys and values are kept on the GPU: each with its own
 * cache, one of them in use. What to keep is decided by src/engine/sequences.ts; here caches are made, copied and
 * dropped. Too little memory ends in fewer sequences, and in an error only when the one in use cannot grow alone.
 */
import { AppError } from '../core/errors';
import type { KvCache } from './kv-cache';
import { leastRecent, planResume, type ResumePlan } from './sequences';

const MOST_SEQUENCES = 4;

export interface Sequence {
  readonly kv: KvCache;
  tokens: number[];
  /** Of `tokens`, how many have their keys and values in `kv`. */
  cached: number;
  usedAt: number;
}

export interface SequenceSetParts {
  /** In use at first; the kernels are bound to it. */
  readonly first: KvCache;
  /** Throws AppError `out-of-gpu-memory`. */
  create(): Promise<KvCache>;
  /** Lets the kernels work on this cache, whose buffers may be new. */
  bind(kv: KvCache): Promise<void>;
  /** When memory that was let go of is free. */
  whenIdle(): Promise<void>;
  /** Most positions of one sequence. */
  readonly contextLength: number;
  /** All caches together may take as much, or as much as one that fills the context if that is more. */
  readonly budgetBytes: number;
}

export class SequenceSet {
  private readonly list: Sequence[];
  private inUse: Sequence;
  /** Becomes what is held when the GPU turns out to hold no more. */
  private budgetBytes: number;
  private readonly firstCapacity: number;
  private readonly bytesPerPosition: number;

  constructor(private readonly parts: SequenceSetParts) {
    const { first, budgetBytes, contextLength } = parts;
    this.inUse = { kv: first, tokens: [], cached: 0, usedAt: 0 };
    this.list = [this.inUse];
    this.firstCapacity = first.buffers.capacity;
    this.bytesPerPosition = first.bytes / this.firstCapacity;
    this.budgetBytes = Math.max(budgetBytes, contextLength * this.bytesPerPosition);
  }

  get current(): Sequence {
    return this.inUse;
  }

  get bytes(): number {
    return this.list.reduce((sum, { kv }) => sum + kv.bytes, 0);
  }

  /**
   * Goes over to the sequence that shares most with `ids`, or to a copy of it, cut to what they share; returns how
   * many tokens that is, at most ids.length - 1. Never fails for want of memory.
   */
  async resume(ids: readonly number[]): Promise<number> {
    const canAdd =
      this.list.length < MOST_SEQUENCES && this.bytes + this.bytesFor(ids.length) <= this.budgetBytes;
    let plan = planResume(this.list, ids, canAdd);
    try {
      this.inUse = await this.prepare(plan);
    } catch (error) {
      if (AppError.from(error).code !== 'out-of-gpu-memory') throw error;
      this.budgetBytes = this.bytes;
      // Nothing can be copied: the text stays where it is, and the rest of that sequence goes.
      const places = plan.source === undefined ? this.list : [this.list[plan.source]!];
      plan = planResume(places, ids, false);
      this.inUse = places[plan.target!]!;
    }
    const { inUse } = this;
    inUse.tokens = ids.slice(0, plan.kept);
    inUse.cached = plan.kept;
    inUse.usedAt = 1 + Math.max(...this.list.map(({ usedAt }) => usedAt));
    await this.parts.bind(inUse.kv);
    return plan.kept;
  }

  /**
   * Room for `positions` in the sequence in use; the others go, longest unused first, when memory asks for it.
   * Throws AppError `out-of-gpu-memory` when even that is not enough; what is there stays.
   */
  async reserve(positions: number): Promise<void> {
    const { kv } = this.inUse;
    if (positions <= kv.buffers.capacity) return;
    const others = () => this.bytes - kv.bytes;
    while (others() + this.bytesFor(positions) > this.budgetBytes && this.dropIdle());
    for (;;) {
      try {
        await kv.ensure(positions);
        break;
      } catch (error) {
        if (AppError.from(error).code !== 'out-of-gpu-memory' || !this.dropIdle()) throw error;
        this.budgetBytes = Math.min(this.budgetBytes, others() + this.bytesFor(positions));
        await this.parts.whenIdle();
      }
    }
    await this.parts.bind(kv);
  }

  destroy(): void {
    for (const { kv } of this.list) kv.destroy();
    this.list.length = 0;
  }

  /** The sequence of the plan, with the positions to keep in its cache. */
  private async prepare({ target, source, kept }: ResumePlan): Promise<Sequence> {
    const old = target === undefined ? undefined : this.list[target]!;
    const kv = old?.kv ?? (await this.parts.create());
    try {
      if (source !== undefined) await kv.copyFrom(this.list[source]!.kv, kept);
    } catch (error) {
      if (!old) kv.destroy();
      throw error;
    }
    if (old) return old;
    const added: Sequence = { kv, tokens: [], cached: 0, usedAt: 0 };
    this.list.push(added);
    return added;
  }

  private dropIdle(): boolean {
    const index = leastRecent(this.list, this.list.indexOf(this.inUse));
    if (index === undefined) return false;
    this.list.splice(index, 1)[0]!.kv.destroy();
    return true;
  }

  /** What a cache that has doubled until it holds `positions` takes. */
  private bytesFor(positions: number): number {
    let capacity = this.firstCapacity;
    while (capacity < positions) capacity *= 2;
    return Math.min(capacity, this.parts.contextLength) * this.bytesPerPosition;
  }
}
