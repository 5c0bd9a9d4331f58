/** The quantiser pool over web workers; started from the convert worker. */
import type { BlockQuantizer } from '../convert/block-quantizer';
import { QuantizePool, type StartThread } from '../convert/quantize-pool';

/** More would wait for the source, and each holds a block or two. */
const MOST_THREADS = 8;

/** One thread per core. */
export function pageQuantizer(cores = navigator.hardwareConcurrency): BlockQuantizer {
  return new QuantizePool(Math.min(MOST_THREADS, Math.max(1, cores)), startWorker);
}

const startWorker: StartThread = (onAnswer, onCrash) => {
  const worker = new Worker(new URL('./quantize.worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }) => onAnswer(data);
  worker.onerror = ({ message }) => onCrash(message || 'worker error');
  worker.onmessageerror = () => onCrash('unreadable message');
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    terminate: () => worker.terminate(),
  };
};
