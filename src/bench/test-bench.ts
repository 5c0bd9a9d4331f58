/** A small shape and a small result for the benchmark's own tests. */
import type { Architecture } from '../models/architecture';
import type { BenchResult, ShapeResult } from './types';

export const TINY: Architecture = {
  layers: 4,
  hidden: 256,
  heads: 4,
  kvHeads: 2,
  headDim: 64,
  intermediate: 512,
  vocab: 1024,
  normEps: 1e-5,
  ropeTheta: 10_000,
  ropeFactor: 1,
  tiedEmbedding: false,
  contextLength: 2048,
  quantization: 'q4f16_1',
};

/** As a run with 2 of 32 layers leaves it; times grow with `slowness`. */
export function sampleShape(slowness = 1): ShapeResult {
  return {
    shape: 'aquila-7b',
    layers: 2,
    totalLayers: 32,
    isScaled: true,
    weightBytesPerToken: 3.87e9,
    load: {
      totalMs: 3000 * slowness,
      weightsBytes: 687e6,
      bytesPerSecond: 229e6 / slowness,
      compileMs: 1200,
    },
    kernels: [
      {
        kernel: 'qkv',
        timeMs: 0.2 * slowness,
        dispatches: 1,
        readBytes: 28_311_552,
        distinctBytes: 56_623_104,
        bytesPerSecond: 141.5e9 / slowness,
        bandwidthShare: 0.71 / slowness,
        clock: 'timestamps',
      },
      {
        kernel: 'attention',
        contextTokens: 1024,
        timeMs: 0.1 * slowness,
        dispatches: 2,
        readBytes: 16_777_216,
        distinctBytes: 33_554_432,
        bytesPerSecond: 167e9 / slowness,
        clock: 'wall',
      },
    ],
    decode: [
      {
        contextTokens: 1024,
        msPerToken: 20 * slowness,
        tokensPerSecond: 50 / slowness,
        layerMs: 0.5 * slowness,
        restMs: 4 * slowness,
        measuredMsPerToken: 5 * slowness,
        measuredTokens: 448,
        cpuMsPerToken: 0.3,
        dispatchesPerToken: 198,
        submitsPerToken: 1,
        readBytesPerToken: 4_400_000_000,
        bandwidthShare: 0.6 / slowness,
      },
    ],
    prefill: [
      {
        promptTokens: 128,
        elapsedMs: 400 * slowness,
        tokensPerSecond: 320 / slowness,
        measuredMs: 30 * slowness,
      },
    ],
    firstToken: {
      promptTokens: 1008,
      coldMs: 3000 * slowness,
      cachedMs: 60,
      newTokens: 8,
      newOnlyMs: 50,
      reuseTokenTimes: 0.5 / slowness,
    },
    speculation: {
      contextTokens: 256,
      offTokensPerSecond: 200 / slowness,
      onTokensPerSecond: 500 / slowness,
      speedup: 2.5,
      draftedTokens: 210,
      acceptedTokens: 140,
    },
    memory: {
      contextTokens: 1024,
      measuredBytes: 700_000_000,
      weightsBytes: 4_100_000_000,
      kvBytes: 537_000_000,
      scratchBytes: 45_000_000,
      totalBytes: 4_682_000_000,
    },
    skipped: [{ section: 'decode', tokens: 16_384, reason: 'out-of-gpu-memory' }],
  };
}

export function sampleResult(slowness = 1): BenchResult {
  return {
    format: 'aerie-bench',
    version: 1,
    startedAt: '2026-11-22T08:00:00.000Z',
    elapsedMs: 61_000,
    adapter: {
      name: 'Some GPU',
      vendor: 'someone',
      isSoftware: false,
      hasF16: true,
      hasSubgroups: true,
      subgroupMinSize: 32,
      subgroupMaxSize: 32,
      hasTimestamps: true,
      maxBindingBytes: 2 ** 31,
      maxBufferBytes: 2 ** 31,
      platform: 'Node 20',
      aerieVersion: '0.1.0',
    },
    config: {
      shapes: ['aquila-7b'],
      sections: ['bandwidth', 'load', 'prefill', 'firstToken', 'kernels', 'decode'],
      layers: 2,
      contexts: [1024, 16_384],
      prefillLengths: [128],
      rounds: 7,
      engine: { int8Activations: false, int8Kv: false, speculation: 'off' },
      isQuick: false,
    },
    bandwidth: {
      poolBytes: 536_870_912,
      readBytesPerSecond: 200e9,
      readWorkgroups: 4096,
      copyBytesPerSecond: 180e9,
      grids: [{ workgroups: 4096, readBytesPerSecond: 200e9 }],
      clock: 'timestamps',
    },
    shapes: [sampleShape(slowness)],
  };
}
