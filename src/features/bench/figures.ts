/** From a result to what the charts draw. Pure. */
import type { BandwidthResult, KernelResult, ShapeResult } from '../../bench/types';
import type { SpeedPoint } from './SpeedChart';

export function speedPoints({ decode = [] }: ShapeResult): readonly SpeedPoint[] {
  return decode.map(({ contextTokens, tokensPerSecond }) => ({ contextTokens, tokensPerSecond }));
}

/** What the memory would allow if it did nothing but read what each token needs. */
export function limitPoints(
  { decode = [] }: ShapeResult,
  bandwidth: BandwidthResult | undefined,
): readonly SpeedPoint[] {
  if (!bandwidth) return [];
  return decode.map(({ contextTokens, readBytesPerToken }) => ({
    contextTokens,
    tokensPerSecond: bandwidth.readBytesPerSecond / readBytesPerToken,
  }));
}

/** Those whose bandwidth says something: what the sampler reads is next to nothing. */
export function sharedKernels({
  kernels = [],
}: ShapeResult): readonly (KernelResult & { readonly bandwidthShare: number })[] {
  return kernels.flatMap((kernel) =>
    kernel.bandwidthShare === undefined ? [] : [{ ...kernel, bandwidthShare: kernel.bandwidthShare }],
  );
}
