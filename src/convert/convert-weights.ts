/**
 * Streams a checkpoint through the quantiser into shards. Three things go on at once, each bounded:
 *
 *   reading     one block ahead (the source's), and the first block of the next tensor (part-blocks.ts)
 *   quantising  `parallel` blocks and one more, so that none of the quantiser's lanes waits for its next
 *   writing     one shard is hashed and stored while the next one is filled
 *
 * Memory: two shards (a matrix above 64 MiB is a shard of its own); parallel + 5 blocks of about 4 MiB in the
 * checkpoint's dtype, twice that while two checkpoints are merged; the codes of parallel + 1 blocks. That is all,
 * whatever the model's size; a sink may hold a piece more to read a shard back. When anything fails,
 * what is under way is waited for before the error is thrown: the sink is never used afterwards.
 */

import type { CheckpointSource } from '../formats/checkpoint-types';
import { md5HexInSteps, sha256Hex } from '../formats/hash';
import type { PackageSink, WrittenFile } from '../formats/package-sink';
import type { Architecture } from '../models/architecture';
import type { LogicalTensor } from '../models/tensor-plan';
import { BoundedWork } from './bounded-work';
import { partsOf, type SourcePart } from './checkpoint-names';
import { blocksOfParts } from './part-blocks';
import type { ProgressReport } from './progress-report';
import type { ShardLayout, ShardPlan } from './shard-layout';
import { type StoreBlock, type StoreOptions, storeBlock } from './store-block';
import { tensorBytes } from './tensor-bytes';

export interface WeightsOptions extends StoreOptions {
  readonly source: CheckpointSource;
  readonly layout: ShardLayout;
  readonly sink: PackageSink;
  /** Shards of an earlier run that are whole; their tensors are not read. */
  readonly finished: ReadonlyMap<string, WrittenFile>;
  readonly progress: ProgressReport;
  /** Bytes that have to be fetched for a tensor, of all sources together. */
  readonly downloadBytes: (name: string) => number;
  readonly signal: AbortSignal | undefined;
}

/** A part of a stored matrix and where it goes. */
interface Piece extends SourcePart {
  readonly tensor: LogicalTensor;
  readonly shard: ShardPlan;
  /** Its first row in the stored matrix. */
  readonly firstRow: number;
}

/**
 * The shards that were written, in their order, those of the earlier run included. The checkpoint must have
 * been checked. Throws AppError `tensor-mismatch` (a weight that is not finite), `aborted`, and what source,
 * quantiser and sink throw.
 */
export async function convertWeights(options: WeightsOptions): Promise<WrittenFile[]> {
  const { layout, finished, progress, source } = options;
  const written = new Map<string, WrittenFile>();
  const unfinished: Piece[] = [];
  for (const shard of layout.shards) {
    const pieces = shard.tensors.flatMap((tensor) => piecesOf(tensor, shard, options.architecture));
    const file = finished.get(shard.name);
    if (file === undefined) {
      unfinished.push(...pieces);
      continue;
    }
    written.set(shard.name, file);
    for (const { name } of pieces) {
      progress.add('download', options.downloadBytes(name));
      progress.add('merge', tensorBytes(source, name));
      progress.add('quantize', tensorBytes(source, name));
    }
    progress.add('write', shard.sizeBytes);
    progress.add('verify', shard.sizeBytes);
  }
  progress.startArrivals();
  progress.report('');
  await new WeightsRun(options, written).run(unfinished);
  return layout.shards.map(({ name }) => written.get(name)!);
}

class WeightsRun {
  readonly #options: WeightsOptions;
  readonly #written: Map<string, WrittenFile>;
  readonly #stop = new AbortController();
  readonly #blocks: BoundedWork;
  readonly #writes: BoundedWork;

  constructor(options: WeightsOptions, written: Map<string, WrittenFile>) {
    this.#options = options;
    this.#written = written;
    const onFailure = (error: unknown) => this.#stop.abort(error);
    this.#blocks = new BoundedWork(options.quantizer.parallel + 1, onFailure);
    this.#writes = new BoundedWork(1, onFailure);
  }

  async run(pieces: readonly Piece[]): Promise<void> {
    const { signal } = this.#options;
    const onAbort = () => this.#stop.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    const failure = await this.#convert(pieces).catch((error: unknown) => ({ error }));
    await this.#blocks.settled();
    await this.#writes.settled();
    signal?.removeEventListener('abort', onAbort);
    // The stop that a failure causes is only its consequence.
    this.#blocks.throwIfFailed();
    this.#writes.throwIfFailed();
    if (failure) throw failure.error;
  }

  async #convert(pieces: readonly Piece[]): Promise<void> {
    const { source, progress } = this.#options;
    let open: OpenShard | undefined;
    for await (const { part, block } of blocksOfParts(source, pieces, this.#stop.signal)) {
      if (open?.plan !== part.shard) {
        if (open) await this.#close(open);
        open = new OpenShard(part.shard, this.#options);
      }
      const { bytes, rowStart, rowEnd } = block;
      const sizeBytes = bytes.length;
      this.#countRead(part, rowStart, rowEnd, sizeBytes);
      const store = open.storeOf(part.tensor);
      const { dtype } = source.tensors.get(part.name)!;
      const { done } = await this.#blocks.start(async () => {
        await store(part.firstRow + rowStart, block, part, dtype);
        progress.add('quantize', sizeBytes);
        progress.report(part.tensor.name);
      });
      open.placed.push(done);
    }
    if (open) await this.#close(open);
  }

  #countRead(part: Piece, rowStart: number, rowEnd: number, sizeBytes: number): void {
    const { progress, downloadBytes } = this.#options;
    const rowBytes = downloadBytes(part.name) / part.shape[0]!;
    progress.add('download', Math.round(rowEnd * rowBytes) - Math.round(rowStart * rowBytes));
    progress.add('merge', sizeBytes);
  }

  /** Hashes and stores a shard beside what follows, once its last block has been placed. */
  async #close(shard: OpenShard): Promise<void> {
    const { sink, progress } = this.#options;
    const { plan, bytes, placed } = shard;
    await this.#writes.start(async () => {
      await Promise.all(placed);
      this.#blocks.throwIfFailed();
      const [sha256, md5] = await Promise.all([sha256Hex(bytes), md5HexInSteps(bytes)]);
      const file = { name: plan.name, sizeBytes: bytes.length, sha256, md5 };
      await sink.write(file, bytes);
      this.#written.set(plan.name, file);
      progress.add('write', bytes.length);
      progress.add('verify', bytes.length);
      progress.report(plan.name);
    });
  }
}

/** A shard that is being filled. */
class OpenShard {
  readonly plan: ShardPlan;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Settles with each block that has been placed. */
  readonly placed: Promise<void>[] = [];
  readonly #options: WeightsOptions;
  readonly #stores = new Map<LogicalTensor, StoreBlock>();

  constructor(plan: ShardPlan, options: WeightsOptions) {
    this.plan = plan;
    this.bytes = new Uint8Array(plan.sizeBytes);
    this.#options = options;
  }

  storeOf(tensor: LogicalTensor): StoreBlock {
    let store = this.#stores.get(tensor);
    if (store === undefined) {
      store = storeBlock(tensor, (name) => this.#placeOf(name), this.#options);
      this.#stores.set(tensor, store);
    }
    return store;
  }

  #placeOf(name: string): Uint8Array<ArrayBuffer> {
    const { byteOffset, sizeBytes } = this.#options.layout.tensors.get(name)!;
    return this.bytes.subarray(byteOffset, byteOffset + sizeBytes);
  }
}

/** The checkpoint tensors of one stored tensor, with the rows they fill. */
function piecesOf(tensor: LogicalTensor, shard: ShardPlan, architecture: Architecture): Piece[] {
  let row = 0;
  return partsOf(tensor, architecture).map((part) => {
    const firstRow = row;
    row += part.shape[0]!;
    return { ...part, tensor, shard, firstRow };
  });
}
