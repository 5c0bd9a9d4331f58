import type { BenchRunner } from './bench-runner';
import { assumeContext } from './bench-runner';
import { layerSplit, wholeModel } from './extrapolate';
import { isHead, isOnce } from './kernel-groups';
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

  /**
   * Layers and the rest of a token. A layer is a small part of a token whose head is large, so it is measured without
   * the head, as the difference of two short runs.
   */
  async function split(): Promise<{ msPerToken: number; layerMs: number; restMs: number }> {
    const without = (keep: (op: string) => boolean) =>
      measureDecodeOf(device, runner, contextTokens, ({ op }) => keep(op) && !isHead(op), options);
    const withLayers = await without(() => true);
    const withNone = await without(isOnce);
    const { perLayer } = layerSplit(
      { layers: 0, value: withNone.msPerToken },
      { layers, value: withLayers.msPerToken },
    );
    const rest = Math.max(measured.msPerToken - perLayer * layers, 0);
    return {
      msPerToken: wholeModel({ perLayer, rest }, whole.layers),
      layerMs: perLayer,
      restMs: rest,
    };
  }
}
