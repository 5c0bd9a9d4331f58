/** The quantiser pool over Node's threads. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'vite';
import type { BlockQuantizer } from '../convert/block-quantizer';
import { threadQuantizer } from '../convert/quantize-block';
import { QuantizePool, type StartThread } from '../convert/quantize-pool';

/** A smaller checkpoint is done before the threads have paid for their start. */
const WORTH_THREADS_BYTES = 64 << 20;

/**
 * Threads for a checkpoint of `sizeBytes`, one per core; the calling thread alone where it is small or there is
 * one core.
 */
export async function nodeQuantizer(
  sizeBytes: number,
  cores = availableParallelism(),
): Promise<BlockQuantizer> {
  if (sizeBytes < WORTH_THREADS_BYTES || cores < 2) return threadQuantizer();
  const code = await bundleThread();
  return new QuantizePool(cores, startThread(code));
}

const startThread =
  (code: string): StartThread =>
  (onAnswer, onCrash) => {
    const worker = new Worker(code, { eval: true, execArgv: [] });
    worker.on('message', onAnswer);
    worker.on('error', (error) => onCrash(String(error)));
    worker.on('exit', (status) => onCrash(`exit ${status}`));
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      terminate: () => void worker.terminate(),
    };
  };

/** Code of the thread as one CommonJS script: TypeScript cannot be loaded by a bare thread. */
async function bundleThread(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      ssr: true,
      rolldownOptions: {
        input: fileURLToPath(new URL('./quantize-thread.ts', import.meta.url)),
        output: { format: 'cjs' },
      },
    },
  });
  const output = Array.isArray(result) ? result[0] : result;
  if (!output || !('output' in output)) throw new Error('the thread was not bundled');
  return output.output[0].code;
}
