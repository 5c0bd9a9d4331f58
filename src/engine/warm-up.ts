/**
 * Sends a few tokens through every pipeline once, so that the first answer does not pay for what drivers do at first
 * use. All layers share their pipelines, so one layer is enough; nothing is read back, and what is left in the cache
 * lies where the first prompt writes.
 */
import type { Gpu } from '../gpu/device';
import { MAX_COLUMNS } from '../kernels/prefill/layer-steps';
import type { GpuSampler } from '../kernels/sampler';
import type { Kernels } from './build-kernels';
import { GREEDY } from './greedy';

export interface WarmUpParts extends Pick<Kernels, 'decoder' | 'prefill'> {
  readonly gpu: Gpu;
  readonly layers: number;
  readonly sampler: GpuSampler;
  /** STATE */
  readonly state: GPUBuffer;
}

/** Tokens of a chunk through the matrix kernels, and of one through the kernels for a few columns. */
const CHUNKS = [16, 2] as const;

/** `state` and the first positions of the cache hold nonsense afterwards. Rejects when the device is lost. */
export async function warmUp({
  gpu: { device, isSoftware },
  layers,
  decoder,
  prefill,
  sampler,
  state,
}: WarmUpParts): Promise<void> {
  // A processor as adapter has nothing to prepare at first use but takes its time to run.
  for (const most of isSoftware ? CHUNKS.slice(0, 1) : CHUNKS) {
    const tokens = Math.min(most, prefill.maxChunk);
    prefill.begin(new Array<number>(tokens).fill(0), 0);
    const encoder = device.createCommandEncoder({ label: 'warm-up' });
    prefill.encodeLayers(encoder, 0, 1);
    if (layers > 1) prefill.encodeLayers(encoder, layers, layers);
    if (tokens <= MAX_COLUMNS && prefill.columnLogits) prefill.encodeLogits(encoder);
    device.queue.submit([encoder.finish()]);
  }
  sampler.configure(GREEDY, { tokens: [], generated: [] });
  device.queue.writeBuffer(state, 0, Uint32Array.of(0, 0, 0, 0));
  const encoder = device.createCommandEncoder({ label: 'warm-up' });
  const pass = encoder.beginComputePass({ label: 'warm-up' });
  decoder.encodeLayers(pass, 0, 0, 1);
  decoder.encodeHead(pass);
  sampler.encode(pass);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
}
