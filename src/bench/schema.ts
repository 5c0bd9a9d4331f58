/** Reads a result back from a file: everything is checked, so that tables and comparisons need not be careful. */
import * as v from 'valibot';
import { AppError } from '../core/errors';
import {
  type AdapterFacts,
  BENCH_KERNELS,
  BENCH_SECTIONS,
  BENCH_SHAPES,
  type BenchConfig,
  type BenchResult,
  type DecodeResult,
  type FirstTokenResult,
  type KernelResult,
  type LoadResult,
  type MemoryResult,
  type PrefillResult,
  type ShapeResult,
  type SpeculationResult,
} from './types';

type Reads<T> = v.GenericSchema<unknown, T>;

const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const count = v.pipe(amount, v.integer());
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const maybe = v.exactOptional;
const clock = v.picklist(['timestamps', 'wall']);
const section = v.picklist(BENCH_SECTIONS);

const config: Reads<BenchConfig> = v.object({
  shapes: v.array(v.picklist(BENCH_SHAPES)),
  sections: v.array(section),
  layers: maybe(count),
  contexts: v.array(count),
  prefillLengths: v.array(count),
  rounds: count,
  engine: v.object({
    int8Activations: v.boolean(),
    int8Kv: v.boolean(),
    speculation: v.picklist(['auto', 'off', 'always']),
  }),
  isQuick: v.boolean(),
});

const adapter: Reads<AdapterFacts> = v.object({
  name: v.string(),
  vendor: v.string(),
  isSoftware: v.boolean(),
  hasF16: v.boolean(),
  hasSubgroups: v.boolean(),
  subgroupMinSize: count,
  subgroupMaxSize: count,
  hasTimestamps: v.boolean(),
  maxBindingBytes: count,
  maxBufferBytes: count,
  platform: v.string(),
  aerieVersion: v.string(),
});

const bandwidth: Reads<NonNullable<BenchResult['bandwidth']>> = v.object({
  poolBytes: count,
  readBytesPerSecond: positive,
  readWorkgroups: count,
  copyBytesPerSecond: positive,
  grids: v.array(v.object({ workgroups: count, readBytesPerSecond: positive })),
  clock,
});

const kernel: Reads<KernelResult> = v.object({
  kernel: v.picklist(BENCH_KERNELS),
  contextTokens: maybe(count),
  timeMs: positive,
  dispatches: amount,
  readBytes: count,
  distinctBytes: count,
  bytesPerSecond: positive,
  bandwidthShare: maybe(amount),
  clock,
});

const decode: Reads<DecodeResult> = v.object({
  contextTokens: count,
  msPerToken: positive,
  tokensPerSecond: positive,
  layerMs: maybe(amount),
  restMs: maybe(amount),
  measuredMsPerToken: positive,
  measuredTokens: count,
  cpuMsPerToken: amount,
  dispatchesPerToken: amount,
  submitsPerToken: amount,
  readBytesPerToken: count,
  bandwidthShare: maybe(amount),
});

const prefill: Reads<PrefillResult> = v.object({
  promptTokens: count,
  elapsedMs: positive,
  tokensPerSecond: positive,
  measuredMs: positive,
});

const firstToken: Reads<FirstTokenResult> = v.object({
  promptTokens: count,
  coldMs: positive,
  cachedMs: positive,
  newTokens: count,
  newOnlyMs: positive,
  reuseTokenTimes: maybe(amount),
});

const load: Reads<LoadResult> = v.object({
  totalMs: positive,
  weightsBytes: count,
  bytesPerSecond: positive,
  readMs: maybe(amount),
  uploadMs: maybe(amount),
  compileMs: maybe(amount),
  tuneMs: maybe(amount),
  warmUpMs: maybe(amount),
});

const speculation: Reads<SpeculationResult> = v.object({
  contextTokens: count,
  offTokensPerSecond: positive,
  onTokensPerSecond: positive,
  speedup: positive,
  draftedTokens: count,
  acceptedTokens: count,
});

const memory: Reads<MemoryResult> = v.object({
  contextTokens: count,
  measuredBytes: count,
  weightsBytes: count,
  kvBytes: count,
  scratchBytes: count,
  totalBytes: count,
});

const shape: Reads<ShapeResult> = v.object({
  shape: v.picklist(BENCH_SHAPES),
  layers: count,
  totalLayers: count,
  isScaled: v.boolean(),
  weightBytesPerToken: count,
  load: maybe(load),
  kernels: maybe(v.array(kernel)),
  decode: maybe(v.array(decode)),
  prefill: maybe(v.array(prefill)),
  firstToken: maybe(firstToken),
  speculation: maybe(speculation),
  memory: maybe(memory),
  skipped: v.array(v.object({ section, tokens: maybe(count), reason: v.string() })),
});

const result: Reads<BenchResult> = v.object({
  format: v.literal('aerie-bench'),
  version: v.literal(1),
  startedAt: v.pipe(v.string(), v.isoTimestamp()),
  elapsedMs: amount,
  adapter,
  config,
  bandwidth: maybe(bandwidth),
  shapes: v.array(shape),
});

/** A result from the text of its file. Throws AppError `format-invalid` {file, reason}. */
export function parseBenchResult(text: string, file: string): BenchResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError('format-invalid', { file, reason: 'not JSON' }, error);
  }
  const parsed = v.safeParse(result, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  throw new AppError('format-invalid', { file, reason: `${path ? `${path}: ` : ''}${issue.message}` });
}
