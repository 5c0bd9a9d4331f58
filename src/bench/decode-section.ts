import type { BenchRunner } from './bench-runner';
import { assumeContext } from './bench-runner';
import { layerSplit, wholeModel } from './extrapolate';
import { firstLayers, isOnce } from './kernel-groups';
import { measureDecode, measureDecodeOf } from './measure-decode';
import { recordToken } from './measure-kernels';
import { isScaled, type ShapeJob } from './shape-job';
import { readBytesPerToken } from './shapes';
import type { DecodeResult } from './types';

/** Positions left for the tokens that are drawn to be looked at. */
const MARGIN = 8;

/** Decoding at one context. Throws what `measureDecode` throws. */
export async function benchDecode(
  job: ShapeJob,
  runner: BenchRunner,
  contextTokens: number,
): Promise<DecodeResult> {
  const { config, pace, whole, signal } = job;
  const { device } = job.gpu;
  await assumeContext(device, runner, Math.max(1, contextTokens - MARGIN), signal);
  const token = await recordToken(device, runner, signal);
  const once = token.filter(({ op }) => isOnce(op)).length;
  const { layers } = job.architecture;
  const dispatchesPerToken = once + ((token.length - once) / layers) * whole.layers;

  const options = {
    rounds: config.rounds,
    budgetMs: pace.decodeBudgetMs,
    roundMs: pace.decodeRoundMs,
    signal,
  };
  const measured = await measureDecode(device, runner, contextTokens, options);
  const extrapolated = isScaled(job) ? await split() : undefined;
  const msPerToken = extrapolated?.msPerToken ?? measured.msPerToken;
  const readBytes = readBytesPerToken(whole, contextTokens, config.engine.int8Kv);
  const bytesPerSecond = (readBytes / msPerToken) * 1000;
  return {
    contextTokens,
    msPerToken,
    tokensPerSecond: 1000 / msPerToken,
    ...(extrapolated && { layerMs: extrapolated.layerMs, restMs: extrapolated.restMs }),
    measuredMsPerToken: measured.msPerToken,
    measuredTokens: measured.tokens,
    // Encoding takes its time by the dispatch.
    cpuMsPerToken: (measured.cpuMsPerToken / token.length) * dispatchesPerToken,
    dispatchesPerToken,
    submitsPerToken: measured.submitsPerToken,
    readBytesPerToken: readBytes,
    ...(job.readBytesPerSecond !== undefined && {
      bandwidthShare: bytesPerSecond / job.readBytesPerSecond,
    }),
  };

  /** A second run with half the layers, so that embedding, head and sampler are not multiplied. */
  async function split(): Promise<{ msPerToken: number; layerMs: number; restMs: number }> {
    const fewer = Math.floor(layers / 2);
    const short = await measureDecodeOf(device, runner, contextTokens, firstLayers(fewer), options);
    const { perLayer, rest } = layerSplit(
      { layers: fewer, value: short.msPerToken },
      { layers, value: measured.msPerToken },
    );
    return {
      msPerToken: wholeModel({ perLayer, rest }, whole.layers),
      layerMs: perLayer,
      restMs: rest,
    };
  }
}
