/** The benchmark on Dawn for Node. */
import { createRequire } from 'node:module';
import { AppError } from '../../core/errors';
import { type Gpu, openDevice } from '../../gpu/device';
import { benchAgainst } from '../against';
import { runBenchmark } from '../run-benchmark';
import { benchArchitecture } from '../shapes';
import type { Report } from '../tables';
import type { BenchConfig, BenchProgress, BenchResult, BenchStep } from '../types';
import { openCheckout } from './open-checkout';

const { version: dawn } = createRequire(import.meta.url)('webgpu/package.json') as { version: string };

/** Enough where two builds are compared layer by layer. */
const AGAINST_LAYERS = 1;

/** Throws what `runBenchmark` throws, and AppError `no-webgpu`, `no-adapter`, `limits-too-small`. */
export async function benchHere(config: BenchConfig): Promise<BenchResult> {
  return withGpu((gpu) =>
    runBenchmark(gpu, config, {
      platform: `Node ${process.versions.node}, webgpu ${dawn}, ${process.platform} ${process.arch}`,
      onProgress: showProgress,
      signal: stopOnInterrupt(),
    }),
  );
}

/** Decode and prefill of this checkout and the one in `folder`, in turns. Throws also `file-missing`. */
export async function benchTwo(folder: string, config: BenchConfig): Promise<Report> {
  const other = await openCheckout(folder);
  try {
    const [shape = 'aquila-7b'] = config.shapes;
    return await withGpu((gpu) =>
      benchAgainst({
        gpu,
        config,
        whole: benchArchitecture(shape),
        architecture: benchArchitecture(shape, config.layers ?? AGAINST_LAYERS),
        there: other.createRunner,
        onStep: (what) => console.error(what),
        signal: stopOnInterrupt(),
      }),
    );
  } finally {
    await other.close();
  }
}

/** The first Ctrl-C puts everything away, the second ends the process as usual. */
function stopOnInterrupt(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  return stop.signal;
}

/** A process that ends while a driver still computes tokens looked ahead can crash on its way out. */
async function withGpu<T>(work: (gpu: Gpu) => Promise<T>): Promise<T> {
  const gpu = await openGpu();
  try {
    return await work(gpu);
  } finally {
    // Fails where the device was lost, and then nothing computes any more.
    await gpu.device.queue.onSubmittedWorkDone().catch(() => {});
    gpu.device.destroy();
  }
}

/** Throws AppError `no-webgpu`, `no-adapter`, `limits-too-small`. */
async function openGpu(): Promise<Gpu> {
  try {
    const { nodeGpu } = await import('../../gpu/node-gpu');
    return await openDevice(nodeGpu());
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('no-webgpu', { reason: (error as Error).message }, error);
  }
}

const NAMES: Readonly<Record<BenchStep['section'], string>> = {
  bandwidth: 'read bandwidth',
  load: 'load',
  prefill: 'prefill',
  firstToken: 'first token',
  kernels: 'kernels',
  decode: 'decode',
  speculation: 'speculation',
};

function showProgress({ fraction, step, remainingMs }: BenchProgress): void {
  const { section, shape, tokens } = step;
  const what = [shape, NAMES[section], tokens].filter((part) => part !== undefined).join(' ');
  const left = remainingMs === undefined ? '' : `, about ${Math.ceil(remainingMs / 1000)} s left`;
  console.error(`${String(Math.round(fraction * 100)).padStart(3)} %  ${what}${left}`);
}
