/**
 * The fastest quantiser that this machine has: a GPU with a device of its own, since one that generates must not
 * wait for a conversion; otherwise threads. All give the same bytes, so a conversion may go from one to the other.
 */
import type { BlockQuantizer } from '../convert/block-quantizer';
import { gpuQuantizer } from '../engine/gpu-quantizer';
import { type Gpu, openDevice } from '../gpu/device';
import { FallbackQuantizer } from './fallback-quantizer';
import { browserGpu } from './gpu-info';
import { pageQuantizer } from './page-quantizer';

export async function openQuantizer(): Promise<BlockQuantizer> {
  const gpu = await openGpu();
  return gpu ? new FallbackQuantizer(ofOwnDevice(gpu), async () => onThreads()) : onThreads();
}

/** One core is left to the page and to reading. */
const onThreads = () => pageQuantizer(navigator.hardwareConcurrency - 1);

/** Undefined where there is none, or one that is only a program on the processor, which threads outdo. */
async function openGpu(): Promise<Gpu | undefined> {
  try {
    const gpu = await openDevice(browserGpu());
    if (!gpu.isSoftware) return gpu;
    gpu.device.destroy();
  } catch {
    // Whatever keeps the GPU from being used here is told when a model is loaded.
  }
  return undefined;
}

function ofOwnDevice(gpu: Gpu): BlockQuantizer {
  const quantizer = gpuQuantizer(gpu);
  return {
    parallel: quantizer.parallel,
    quantize: (block) => quantizer.quantize(block),
    dispose() {
      quantizer.dispose();
      gpu.device.destroy();
    },
  };
}
