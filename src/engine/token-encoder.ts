import type { GpuSampler } from '../kernels/sampler';
import type { Decoder } from './decode';
import type { TokenPace } from './pace';

/** What a token's submit is made of. */
export interface TokenWork {
  /** The forward pass of the token in the state buffer at this position; without it, only what follows. */
  readonly position?: number;
  readonly withHead: boolean;
  readonly withDraw: boolean;
}

/** Encodes one token; into several command buffers where it takes long enough to worry a watchdog. */
export function encodeToken(
  device: GPUDevice,
  {
    decoder,
    sampler,
    layers,
    pace,
  }: { decoder: Decoder; sampler: GpuSampler; layers: number; pace: TokenPace },
  { position, withHead, withDraw }: TokenWork,
): GPUCommandBuffer[] {
  const count = position === undefined ? 1 : pace.submits(layers);
  return Array.from({ length: count }, (_, part) => {
    const encoder = device.createCommandEncoder({ label: 'token' });
    const pass = encoder.beginComputePass({ label: 'token' });
    if (position !== undefined) {
      const from = Math.floor((part * layers) / count);
      decoder.encodeLayers(pass, position, from, Math.floor(((part + 1) * layers) / count));
    }
    if (part === count - 1) {
      if (withHead) decoder.encodeHead(pass);
      if (withDraw) sampler.encode(pass);
    }
    pass.end();
    return encoder.finish();
  });
}
