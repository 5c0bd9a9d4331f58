/** A result as a graphics card might give it, for tests of what is drawn from it. */
import { sampleResult } from '../../bench/test-bench';
import type { BenchResult, DecodeResult, KernelResult } from '../../bench/types';

const READ = 300e9;

function decode(contextTokens: number, tokensPerSecond: number, readBytesPerToken: number): DecodeResult {
  const msPerToken = 1000 / tokensPerSecond;
  return {
    contextTokens,
    msPerToken,
    tokensPerSecond,
    measuredMsPerToken: msPerToken,
    measuredTokens: 64,
    cpuMsPerToken: 0.21,
    dispatchesPerToken: 197,
    submitsPerToken: 1,
    readBytesPerToken,
    bandwidthShare: (readBytesPerToken * tokensPerSecond) / READ,
  };
}

function kernel(name: KernelResult['kernel'], timeMs: number, readBytes: number): KernelResult {
  const bytesPerSecond = (readBytes * 1000) / timeMs;
  return {
    kernel: name,
    timeMs,
    dispatches: 1,
    readBytes,
    distinctBytes: 400e6,
    bytesPerSecond,
    bandwidthShare: bytesPerSecond / READ,
    clock: 'timestamps',
  };
}

export const RESULT: BenchResult = {
  format: 'aerie-bench',
  version: 1,
  startedAt: '2026-11-20T08:15:30.000Z',
  elapsedMs: 83_000,
  adapter: {
    ...sampleResult().adapter,
    name: 'NVIDIA GeForce RTX 3060',
    vendor: 'nvidia',
    platform: 'Chrome 140',
  },
  config: {
    shapes: ['aquila-7b'],
    sections: ['bandwidth', 'kernels', 'decode', 'prefill'],
    contexts: [128, 1024, 4096, 16_384],
    prefillLengths: [128, 512],
    rounds: 3,
    engine: { int8Activations: false, int8Kv: false, speculation: 'off' },
    isQuick: false,
  },
  bandwidth: {
    poolBytes: 1e9,
    readBytesPerSecond: READ,
    readWorkgroups: 512,
    copyBytesPerSecond: 280e9,
    grids: [{ workgroups: 512, readBytesPerSecond: READ }],
    clock: 'timestamps',
  },
  shapes: [
    {
      shape: 'aquila-7b',
      layers: 32,
      totalLayers: 32,
      isScaled: false,
      weightBytesPerToken: 3.87e9,
      decode: [
        decode(128, 48.1, 3.94e9),
        decode(1024, 44.6, 4.41e9),
        decode(4096, 34.2, 6.02e9),
        decode(16_384, 17.9, 12.46e9),
      ],
      prefill: [
        { promptTokens: 128, elapsedMs: 210, tokensPerSecond: 609, measuredMs: 210 },
        { promptTokens: 512, elapsedMs: 690, tokensPerSecond: 742, measuredMs: 690 },
      ],
      kernels: [
        kernel('qkv', 0.106, 28.3e6),
        { ...kernel('attention', 0.071, 16.8e6), contextTokens: 1024 },
        kernel('output', 0.042, 9.4e6),
        kernel('gateUp', 0.188, 50.7e6),
        kernel('down', 0.097, 25.4e6),
        kernel('head', 0.83, 230.4e6),
      ],
      memory: {
        contextTokens: 16_384,
        measuredBytes: 13e9,
        weightsBytes: 4.1e9,
        kvBytes: 8.59e9,
        scratchBytes: 0.2e9,
        totalBytes: 12.9e9,
      },
      skipped: [],
    },
  ],
};
