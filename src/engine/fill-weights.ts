/**
 * Reads the weights of a stored model into the buffers that were made for them. A few blocks are on their way at
 * once, so that the disk, the copies and the GPU work at the same time; they are taken in the order in which they are
 * stored, and the bytes in memory are bounded whatever the size of the model.
 */
import { AppError } from '../core/errors';
import { fromHalf } from '../core/half';
import type { ModelPackage } from '../models/package';
import { BusyTime } from './busy-time';
import { DEFAULT_UNIT } from './slice-plan';
import type { AllocatedWeights, WeightPart } from './weights';

export type UploadProgress = (bytesDone: number, bytesTotal: number) => void;

export interface FillTimes {
  readonly readMs: number;
  /** Handing over to the queue, and waiting where it could not take more. */
  readonly uploadMs: number;
}

/** Most bytes read at a time, and how many such reads there are at once. */
const BLOCK_BYTES = 8 << 20;
const READERS = 4;
/** Written bytes that the GPU has not confirmed yet: after so many the queue is set going, and no more than so many. */
const SUBMIT_BYTES = 32 << 20;
const MOST_STAGED_BYTES = 96 << 20;

interface Block {
  readonly part: WeightPart;
  readonly rowStart: number;
  readonly rowEnd: number;
}

/**
 * Resolves when everything has reached the GPU. Throws AppError `aborted` and what reading the package throws; the
 * buffers are the caller's to free.
 */
export async function fillWeights(
  device: GPUDevice,
  model: ModelPackage,
  weights: AllocatedWeights,
  onProgress: UploadProgress = () => {},
  signal?: AbortSignal,
): Promise<FillTimes> {
  const blocks = inStoredOrder(model, weights.parts).flatMap(blocksOf)[Symbol.iterator]();
  const staging = new Staging(device);
  const reading = new BusyTime();
  let doneBytes = 0;
  let isFailed = false;
  const checkAborted = () => {
    if (signal?.aborted) throw new AppError('aborted');
  };
  const read = async () => {
    try {
      for (const { part, rowStart, rowEnd } of blocks) {
        if (isFailed) return;
        checkAborted();
        const stored = await reading.during(() => model.readTensor(part.tensor, rowStart, rowEnd));
        checkAborted();
        const bytes = part.isNorm ? asFloats(model, part.tensor, stored) : stored;
        await staging.write(part.buffer, (rowStart - part.rowStart) * part.bytesPerRow, bytes);
        doneBytes += bytes.byteLength;
        onProgress(Math.min(doneBytes, weights.bytes), weights.bytes);
      }
    } catch (error) {
      isFailed = true;
      throw error;
    }
  };
  // Nobody may go on reading after this has thrown.
  const ends = await Promise.allSettled(Array.from({ length: READERS }, read));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  await staging.drain();
  onProgress(weights.bytes, weights.bytes);
  return { readMs: reading.ms, uploadMs: staging.ms };
}

/** By shard and place within it; parts that the package stores nowhere in particular stay as they are. */
function inStoredOrder({ tensors, manifest }: ModelPackage, parts: readonly WeightPart[]): WeightPart[] {
  const shards = new Map(manifest.shards.map(({ name }, index) => [name, index]));
  const place = ({ tensor }: WeightPart) => {
    const stored = tensors.get(tensor);
    return { shard: shards.get(stored?.shard ?? '') ?? 0, offset: stored?.byteOffset ?? 0 };
  };
  return parts
    .map((part) => ({ part, at: place(part) }))
    .sort((a, b) => a.at.shard - b.at.shard || a.at.offset - b.at.offset || a.part.rowStart - b.part.rowStart)
    .map(({ part }) => part);
}

/** Whole units of rows keep every write at a multiple of four bytes. */
function blocksOf(part: WeightPart): Block[] {
  const { rowStart, rowEnd, bytesPerRow, isNorm } = part;
  if (isNorm) return [{ part, rowStart, rowEnd }];
  const step = Math.max(1, Math.floor(BLOCK_BYTES / bytesPerRow / DEFAULT_UNIT)) * DEFAULT_UNIT;
  const blocks: Block[] = [];
  for (let row = rowStart; row < rowEnd; row += step)
    blocks.push({ part, rowStart: row, rowEnd: Math.min(rowEnd, row + step) });
  return blocks;
}

/** f32 [hidden], widened where it is stored as halves. */
function asFloats(
  { tensors }: ModelPackage,
  tensor: string,
  stored: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  if (tensors.get(tensor)?.dtype !== 'float16') return stored;
  return new Uint8Array(Float32Array.from(new Uint16Array(stored.buffer), fromHalf).buffer);
}

/** Queue writes with a bound on what lies between here and the GPU. */
class Staging {
  private readonly busy = new BusyTime();
  private stagedBytes = 0;
  private unsubmittedBytes = 0;
  private lastSubmit: Promise<unknown> = Promise.resolve();

  constructor(private readonly device: GPUDevice) {}

  get ms(): number {
    return this.busy.ms;
  }

  write(buffer: GPUBuffer, offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.busy.during(async () => {
      while (this.stagedBytes > 0 && this.stagedBytes + bytes.byteLength > MOST_STAGED_BYTES)
        await this.submit();
      const { queue } = this.device;
      const whole = bytes.byteLength - (bytes.byteLength % 4);
      queue.writeBuffer(buffer, offset, bytes, 0, whole);
      if (whole < bytes.byteLength) {
        const rest = new Uint8Array(4);
        rest.set(bytes.subarray(whole));
        queue.writeBuffer(buffer, offset + whole, rest);
      }
      this.stagedBytes += bytes.byteLength;
      this.unsubmittedBytes += bytes.byteLength;
      if (this.unsubmittedBytes >= SUBMIT_BYTES) void this.submit();
    });
  }

  drain(): Promise<void> {
    return this.busy.during(async () => {
      await this.submit();
    });
  }

  /** Writes reach the GPU with a submit, and their staging memory is free when it is done. */
  private submit(): Promise<unknown> {
    const bytes = this.unsubmittedBytes;
    if (bytes === 0) return this.lastSubmit;
    this.unsubmittedBytes = 0;
    this.device.queue.submit([]);
    this.lastSubmit = this.device.queue.onSubmittedWorkDone().then(() => {
      this.stagedBytes -= bytes;
    });
    // Told to whoever waits; nobody may be.
    this.lastSubmit.catch(() => {});
    return this.lastSubmit;
  }
}
