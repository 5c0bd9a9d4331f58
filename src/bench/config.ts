/** What a run measures where nothing else is asked for, what may be asked for, and how long its parts may take. */
import { AppError } from '../core/errors';
import { DEFAULT_ENGINE_OPTIONS } from '../engine/engine-options';
import { benchArchitecture } from './shapes';
import { BENCH_SECTIONS, BENCH_SHAPES, type BenchConfig } from './types';

/** Most positions that a rotation table and a cache are sensibly asked for. */
const MOST_POSITIONS = 1 << 20;
const MOST_ROUNDS = 1000;

export const DEFAULT_BENCH_CONFIG: BenchConfig = {
  shapes: ['aquila-7b'],
  sections: BENCH_SECTIONS,
  contexts: [128, 1024, 4096, 16384],
  prefillLengths: [128, 512, 2048],
  rounds: 7,
  engine: DEFAULT_ENGINE_OPTIONS,
  isQuick: false,
};

/** What a quick run asks for where nothing else is said. */
export const QUICK_BENCH_CONFIG: BenchConfig = {
  ...DEFAULT_BENCH_CONFIG,
  contexts: [128, 1024],
  prefillLengths: [128],
  rounds: 3,
  engine: { ...DEFAULT_ENGINE_OPTIONS, speculation: 'off' },
  isQuick: true,
};

/** Time that the parts of a run may take, and the texts that are measured with. */
export interface BenchPace {
  readonly bandwidthBudgetMs: number;
  readonly kernelBudgetMs: number;
  readonly decodeBudgetMs: number;
  readonly decodeRoundMs: number;
  readonly prefillBudgetMs: number;
  readonly firstTokenBudgetMs: number;
  readonly promptTokens: number;
  readonly newTokens: number;
  /** Positions before the text that repeats itself, and what each round of it may take. */
  readonly repeatedContext: number;
  readonly repeatedRoundMs: number;
}

const PACE: BenchPace = {
  bandwidthBudgetMs: 4_000,
  kernelBudgetMs: 4_000,
  decodeBudgetMs: 30_000,
  decodeRoundMs: 1_500,
  prefillBudgetMs: 60_000,
  firstTokenBudgetMs: 60_000,
  promptTokens: 1_008,
  newTokens: 8,
  repeatedContext: 256,
  repeatedRoundMs: 3_000,
};

const QUICK_PACE: BenchPace = {
  bandwidthBudgetMs: 500,
  kernelBudgetMs: 500,
  decodeBudgetMs: 4_000,
  decodeRoundMs: 400,
  prefillBudgetMs: 3_000,
  firstTokenBudgetMs: 2_000,
  promptTokens: 1_008,
  newTokens: 8,
  repeatedContext: 256,
  repeatedRoundMs: 1_000,
};

const POOL_BYTES = 512 << 20;
/** Reading is slow where a processor plays the GPU, and no cache of its size hides memory there. */
const SOFTWARE_POOL_BYTES = 128 << 20;

/** Distinct bytes that the bandwidth is measured over, before any model is there. */
export function poolBytesFor({ isSoftware }: { readonly isSoftware: boolean }): number {
  return isSoftware ? SOFTWARE_POOL_BYTES : POOL_BYTES;
}

/** A prompt of a thousand tokens takes minutes where a processor plays the GPU; this is one tile of the kernels. */
const SHORT_PROMPT_TOKENS = 64;

/** Quick runs take less of everything; one that is not quick takes its time on every adapter. */
export function benchPace({ isQuick }: BenchConfig, isSoftware: boolean): BenchPace {
  if (!isQuick) return PACE;
  return isSoftware ? { ...QUICK_PACE, promptTokens: SHORT_PROMPT_TOKENS } : QUICK_PACE;
}

/** Throws AppError `parameter-out-of-range` {parameter, value, min, max}. */
export function checkBenchConfig(config: BenchConfig): void {
  checkList('shapes', config.shapes, (shape) => BENCH_SHAPES.includes(shape));
  checkList('sections', config.sections, (section) => BENCH_SECTIONS.includes(section));
  const deepest = Math.max(...config.shapes.map((shape) => benchArchitecture(shape).layers));
  if (config.layers !== undefined) checkWhole('layers', config.layers, 1, deepest);
  checkWhole('rounds', config.rounds, 1, MOST_ROUNDS);
  for (const context of config.contexts) checkWhole('contexts', context, 16, MOST_POSITIONS);
  for (const length of config.prefillLengths) checkWhole('prefillLengths', length, 1, MOST_POSITIONS);
}

function checkList<T extends string>(
  parameter: string,
  list: readonly T[],
  isKnown: (value: T) => boolean,
): void {
  if (list.length === 0) throw new AppError('parameter-out-of-range', { parameter, value: 'none' });
  for (const value of list) {
    if (!isKnown(value)) throw new AppError('parameter-out-of-range', { parameter, value: String(value) });
  }
}

function checkWhole(parameter: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new AppError('parameter-out-of-range', { parameter, value: String(value), min, max });
  }
}
