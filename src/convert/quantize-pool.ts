/**
 * Quantises on several threads. What a thread is (a web worker, a Node thread) is the caller's, see
 * src/worker/page-quantizer.ts and src/cli/node-quantizer.ts. Threads start with the first block; one that dies
 * rejects its blocks with `worker-crashed` and is replaced when there is work for it again.
 */
import { AppError } from '../core/errors';
import type { BlockQuantizer, QuantizeBlock, QuantizedBlock } from './block-quantizer';
import type { FromQuantizer, ToQuantizer } from './quantize-messages';

/** One thread, as the pool sees it. */
export interface QuantizerThread {
  post(message: ToQuantizer, transfer: ArrayBuffer[]): void;
  terminate(): void;
}

/** Starts a thread; it calls `onAnswer` per block, and `onCrash` when it can do no more. */
export type StartThread = (
  onAnswer: (answer: FromQuantizer) => void,
  onCrash: (message: string) => void,
) => QuantizerThread;

/** Blocks per thread: one in work and one that waits for it. */
const BLOCKS_PER_THREAD = 2;

interface Waiting {
  resolve(quantized: QuantizedBlock): void;
  reject(error: AppError): void;
}

interface Slot {
  thread: QuantizerThread | undefined;
  readonly waiting: Map<number, Waiting>;
}

export class QuantizePool implements BlockQuantizer {
  readonly parallel: number;
  private readonly slots: readonly Slot[];
  private nextId = 0;
  private isDisposed = false;

  constructor(
    threads: number,
    private readonly start: StartThread,
  ) {
    this.parallel = threads * BLOCKS_PER_THREAD;
    this.slots = Array.from({ length: threads }, () => ({ thread: undefined, waiting: new Map() }));
  }

  /** Takes the block's buffer over. Throws AppError `worker-crashed`, `aborted` (disposed of meanwhile). */
  quantize(block: QuantizeBlock): Promise<QuantizedBlock> {
    if (this.isDisposed) return Promise.reject(new AppError('aborted'));
    const slot = this.slots.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      slot.waiting.set(id, { resolve, reject });
      try {
        slot.thread ??= this.startIn(slot);
        const whole = wholeBuffer(block);
        slot.thread.post({ id, block: whole }, [whole.bytes.buffer]);
      } catch (error) {
        slot.waiting.delete(id);
        reject(AppError.from(error));
      }
    });
  }

  dispose(): void {
    this.isDisposed = true;
    for (const slot of this.slots) this.end(slot, new AppError('aborted'));
  }

  private startIn(slot: Slot): QuantizerThread {
    const onAnswer = (answer: FromQuantizer) => {
      const waiting = slot.waiting.get(answer.id);
      slot.waiting.delete(answer.id);
      if ('error' in answer) waiting?.reject(AppError.from(answer.error));
      else waiting?.resolve(answer.quantized);
    };
    const thread: QuantizerThread = this.start(onAnswer, (message) => {
      // A thread that was replaced or ended may still report its end.
      if (slot.thread === thread) this.end(slot, new AppError('worker-crashed', { message }));
    });
    return thread;
  }

  private end(slot: Slot, error: AppError): void {
    slot.thread?.terminate();
    slot.thread = undefined;
    const waiting = [...slot.waiting.values()];
    slot.waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}

/** Bytes that are only part of a buffer are copied out, so that nothing else is handed over with them. */
function wholeBuffer(block: QuantizeBlock): QuantizeBlock {
  const { bytes } = block;
  return bytes.byteLength === bytes.buffer.byteLength ? block : { ...block, bytes: bytes.slice() };
}
