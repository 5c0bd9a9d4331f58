/**
 * What a benchmark is asked for and what it answers: plain data, so that a result crosses a worker's boundary, is a
 * JSON file as it stands, and is read back through `src/bench/schema.ts`. All times are ms of wall clock unless a
 * name says otherwise; all sizes are bytes; a share is a fraction of the measured read bandwidth.
 */
import type { EngineOptions } from '../engine/engine-options';

/** Published shapes that can be measured, smallest first; the first is the model that comes with the app. */
export const BENCH_SHAPES = ['aerie-mini', 'aquila-7b', 'ziya-13b', 'aquila2-34b'] as const;
export type BenchShape = (typeof BENCH_SHAPES)[number];

/** Parts of a run, in the order in which they are done. */
export const BENCH_SECTIONS = [
  'bandwidth',
  'load',
  'prefill',
  'firstToken',
  'kernels',
  'decode',
  'speculation',
] as const;
export type BenchSection = (typeof BENCH_SECTIONS)[number];

export interface BenchConfig {
  readonly shapes: readonly BenchShape[];
  readonly sections: readonly BenchSection[];
  /** Layers to run; absent: all. With fewer, results are extrapolated to all and say so. */
  readonly layers?: number;
  /** Cached positions that decoding is measured at. */
  readonly contexts: readonly number[];
  readonly prefillLengths: readonly number[];
  /** Repetitions of each measurement, of which the median counts. */
  readonly rounds: number;
  readonly engine: EngineOptions;
  /** Few and short measurements: for a look, and for slow adapters. */
  readonly isQuick: boolean;
}

/** Told before every step; `fraction` and `remainingMs` are estimates by the steps done so far. */
export interface BenchProgress {
  readonly fraction: number;
  readonly step: BenchStep;
  /** Absent until something was measured. */
  readonly remainingMs?: number;
}

export interface BenchStep {
  readonly section: BenchSection;
  readonly shape?: BenchShape;
  /** Context of a decode step, length of a prefill step. */
  readonly tokens?: number;
}

export interface BenchResult {
  readonly format: 'aerie-bench';
  readonly version: 1;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly elapsedMs: number;
  readonly adapter: AdapterFacts;
  readonly config: BenchConfig;
  /** Absent when that section was left out; shares are absent then too. */
  readonly bandwidth?: BandwidthResult;
  readonly shapes: readonly ShapeResult[];
}

export interface AdapterFacts {
  readonly name: string;
  readonly vendor: string;
  readonly isSoftware: boolean;
  readonly hasF16: boolean;
  readonly hasSubgroups: boolean;
  readonly subgroupMinSize: number;
  readonly subgroupMaxSize: number;
  readonly hasTimestamps: boolean;
  readonly maxBindingBytes: number;
  readonly maxBufferBytes: number;
  /** Browser, or Node and Dawn, with versions. */
  readonly platform: string;
  readonly aerieVersion: string;
}

export interface BandwidthResult {
  /** Distinct bytes that were read in turn. */
  readonly poolBytes: number;
  /** Best over the grids: what shares refer to. */
  readonly readBytesPerSecond: number;
  /** Workgroups of the grid that reached it. */
  readonly readWorkgroups: number;
  /** Read plus written bytes of a buffer copy. */
  readonly copyBytesPerSecond: number;
  readonly grids: readonly { readonly workgroups: number; readonly readBytesPerSecond: number }[];
  readonly clock: BenchClock;
}

/** How a stretch of GPU work was timed: by the GPU, or from submit to the queue being done. */
export type BenchClock = 'timestamps' | 'wall';

export interface ShapeResult {
  readonly shape: BenchShape;
  /** Layers that ran, and layers of the whole model. */
  readonly layers: number;
  readonly totalLayers: number;
  /** Whether figures of the whole model were extrapolated from fewer layers. */
  readonly isScaled: boolean;
  /** Weights of the whole model that one token reads, embedding aside. */
  readonly weightBytesPerToken: number;
  readonly load?: LoadResult;
  readonly kernels?: readonly KernelResult[];
  readonly decode?: readonly DecodeResult[];
  readonly prefill?: readonly PrefillResult[];
  readonly firstToken?: FirstTokenResult;
  readonly speculation?: SpeculationResult;
  /** Absent when the model could not be loaded. */
  readonly memory?: MemoryResult;
  /** Parts that were asked for and could not be measured. */
  readonly skipped: readonly SkippedPart[];
}

export interface SkippedPart {
  readonly section: BenchSection;
  /** Context or length in question, where the rest of the section was measured. */
  readonly tokens?: number;
  /** An AppError code. */
  readonly reason: string;
}

export const BENCH_KERNELS = ['qkv', 'attention', 'output', 'gateUp', 'down', 'head', 'sampler'] as const;
export type BenchKernel = (typeof BENCH_KERNELS)[number];

export interface KernelResult {
  readonly kernel: BenchKernel;
  /** Cached positions; `attention` only. */
  readonly contextTokens?: number;
  /** One execution: all dispatches that one token needs of it in one layer (head, sampler: per token). */
  readonly timeMs: number;
  readonly dispatches: number;
  /** Weights or cache that one execution must read. */
  readonly readBytes: number;
  /** Distinct bytes over which the executions rotated; below a few hundred MB a cache may have helped. */
  readonly distinctBytes: number;
  readonly bytesPerSecond: number;
  /** Of `readBytesPerSecond`; absent without the bandwidth section, and for the sampler. */
  readonly bandwidthShare?: number;
  readonly clock: BenchClock;
}

/** Decoding at one context through the real loop: forward pass, head, sampler, look-ahead, read-back. */
export interface DecodeResult {
  readonly contextTokens: number;
  /** Of the whole model. */
  readonly msPerToken: number;
  readonly tokensPerSecond: number;
  /** The split behind it where it was extrapolated: whole model = `layerMs` x layers + `restMs`. */
  readonly layerMs?: number;
  readonly restMs?: number;
  /** As measured with `ShapeResult.layers`. */
  readonly measuredMsPerToken: number;
  readonly measuredTokens: number;
  /** JavaScript to encode and submit a token of the whole model. */
  readonly cpuMsPerToken: number;
  readonly dispatchesPerToken: number;
  readonly submitsPerToken: number;
  /** Weights and cache that a token of the whole model reads. */
  readonly readBytesPerToken: number;
  readonly bandwidthShare?: number;
}

export interface PrefillResult {
  readonly promptTokens: number;
  /** Of the whole model. */
  readonly elapsedMs: number;
  readonly tokensPerSecond: number;
  readonly measuredMs: number;
}

/** Until the first token of an answer is on the page's side; whole model. */
export interface FirstTokenResult {
  readonly promptTokens: number;
  /** Nothing cached. */
  readonly coldMs: number;
  /** All but the last `newTokens` of the prompt cached from the turn before. */
  readonly cachedMs: number;
  readonly newTokens: number;
  /** The same new tokens as a prompt of their own. */
  readonly newOnlyMs: number;
  /** What reusing the cached part costs, cachedMs - newOnlyMs, in times of one decoded token; never below 0. */
  readonly reuseTokenTimes?: number;
}

/** From a package in memory to the first possible prefill; as measured, with `ShapeResult.layers`. */
export interface LoadResult {
  readonly totalMs: number;
  readonly weightsBytes: number;
  readonly bytesPerSecond: number;
  /** Parts, which overlap; absent where the engine does not report them. */
  readonly readMs?: number;
  readonly uploadMs?: number;
  readonly compileMs?: number;
  readonly tuneMs?: number;
  readonly warmUpMs?: number;
}

/** A text that repeats itself, decoded with guesses from the text itself and without. */
export interface SpeculationResult {
  readonly contextTokens: number;
  /** As measured, with `ShapeResult.layers`. */
  readonly offTokensPerSecond: number;
  readonly onTokensPerSecond: number;
  readonly speedup: number;
  readonly draftedTokens: number;
  readonly acceptedTokens: number;
}

/** GPU memory by the engine's own account, at the largest context measured. */
export interface MemoryResult {
  readonly contextTokens: number;
  /** As measured, with `ShapeResult.layers`. */
  readonly measuredBytes: number;
  /** Of the whole model. */
  readonly weightsBytes: number;
  readonly kvBytes: number;
  readonly scratchBytes: number;
  readonly totalBytes: number;
}
