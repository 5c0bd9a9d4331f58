/**
 * Times matrix-vector kernels on the weights of the model that is being loaded. A candidate runs over several layers
 * in turn, as it will when tokens are made, so that no cache holds a matrix from one run to the next; candidates take
 * turns too, so that a GPU that changes its clock does so under all of them.
 */
import { AppError } from '../core/errors';
import { median } from '../core/statistics';
import type { Gpu } from '../gpu/device';
import { GpuClock } from '../gpu/gpu-clock';
import { PipelineCache } from '../gpu/pipeline-cache';
import { type DecodeTuning, GEMV_KINDS, type GemvKind, type GemvTuning } from '../kernels/decode-tuning';
import { type Dispatch, encodeAll, type KernelContext } from '../kernels/dispatch';
import { gateUp } from '../kernels/gate-up';
import { gemvLogits } from '../kernels/gemv-logits';
import { gemvResidual } from '../kernels/gemv-residual';
import { mathOf } from '../kernels/matrix';
import { qkvRope } from '../kernels/qkv-rope';
import type { KvBuffers, ModelWeights, RopeTable } from '../kernels/types';
import type { Architecture } from '../models/architecture';
import type { GpuMemory } from './gpu-memory';
import type { candidatesOf, Measurements } from './tuning-candidates';

export interface TrialParts {
  readonly gpu: Gpu;
  readonly architecture: Architecture;
  readonly weights: ModelWeights;
  /** Position 0 is written. */
  readonly kv: { readonly buffers: KvBuffers; readonly rope: RopeTable };
  /** STATE at position 0, usage UNIFORM. */
  readonly state: GPUBuffer;
  /** f32 [vocab], written. */
  readonly logits: GPUBuffer;
  /** What the model starts with. */
  readonly tuning: DecodeTuning;
}

/** A candidate bound to the weights. */
export interface Trial {
  readonly kind: GemvKind;
  readonly tuning: GemvTuning;
  readonly steps: readonly Dispatch[];
}

const MOST_LAYERS = 4;
/** The first only warms up: drivers finish their compiling at first use. */
const ROUNDS = 4;
/** No round but the first two begins after that. */
const BUDGET_MS = 3000;

/** Inputs and outputs of the kernels, f32; what is in them does not matter. */
interface Scratch {
  readonly x: GPUBuffer; // [longest input]
  readonly squares: GPUBuffer; // [hidden]
  readonly residual: GPUBuffer; // [hidden]
  readonly scaled: GPUBuffer; // [hidden]
  readonly q: GPUBuffer; // [heads, headDim]
  readonly kvRows: GPUBuffer; // [2, kvHeads, headDim] instead of an int8 cache, which another kernel writes
  readonly activation: GPUBuffer; // [intermediate]
}

/** Compiles and binds every candidate of every kind; one that does not compile is left out. Throws AppError `out-of-gpu-memory`. */
export async function prepareTrials(
  parts: TrialParts,
  memory: GpuMemory,
  candidates: typeof candidatesOf,
): Promise<readonly Trial[]> {
  const { gpu, architecture, weights, tuning } = parts;
  const { f16, subgroups } = gpu.features;
  const scratch = await allocateScratch(architecture, memory);
  // Of its own, so that the losers go when the tuner is done.
  const pipelines = new PipelineCache(gpu.device);
  const trial = async (kind: GemvKind, candidate: GemvTuning): Promise<Trial | undefined> => {
    const context = { gpu, pipelines, tuning: withKind(tuning, kind, candidate) };
    try {
      return { kind, tuning: candidate, steps: await bind(context, kind, parts, scratch) };
    } catch {
      return undefined;
    }
  };
  const adapter = { subgroups, f16: f16 && mathOf(weights.head, 'half') === 'half' };
  const trials = await Promise.all(
    GEMV_KINDS.flatMap((kind) =>
      candidates(tuning.gemv[kind], adapter).map((candidate) => trial(kind, candidate)),
    ),
  );
  return trials.filter((one) => one !== undefined);
}

/** Throws AppError `aborted`, `internal` when the default of a kind is not among the trials. */
export async function measureTrials(
  gpu: Gpu,
  trials: readonly Trial[],
  signal: AbortSignal,
): Promise<Measurements> {
  const startedMs = performance.now();
  const clock = await GpuClock.create(gpu);
  const times = trials.map((): number[] => []);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      if (round > 1 && performance.now() - startedMs > BUDGET_MS) break;
      for (const [index, { steps }] of trials.entries()) {
        if (signal.aborted) throw new AppError('aborted');
        const ms = await clock.once((pass) => encodeAll(pass, steps), 1, 0);
        if (round > 0) times[index]!.push(ms);
      }
    }
  } finally {
    clock.destroy();
  }
  const measured = trials.map(({ kind, tuning, steps }, index) => ({
    kind,
    tuning,
    ms: median(times[index]!) / steps.length,
  }));
  const byKind = GEMV_KINDS.map((kind) => [kind, measured.filter((one) => one.kind === kind)] as const);
  return Object.fromEntries(byKind) as unknown as Measurements;
}

function withKind(tuning: DecodeTuning, kind: GemvKind, candidate: GemvTuning): DecodeTuning {
  return { ...tuning, gemv: { ...tuning.gemv, [kind]: candidate } };
}

/** Dispatches of one kind over the first layers. */
async function bind(
  context: KernelContext,
  kind: GemvKind,
  { architecture: a, weights, kv, state, logits, tuning }: TrialParts,
  { x, squares, residual, scaled, q, kvRows, activation }: Scratch,
): Promise<Dispatch[]> {
  const norm = { x, squares, parts: Math.ceil(a.hidden / tuning.residualRows), normEps: a.normEps };
  if (kind === 'head') return gemvLogits(context, { head: weights.head, logits, ...norm });
  const layers = weights.layers.slice(0, MOST_LAYERS);
  const steps = await Promise.all(
    layers.map((layer, index) => {
      switch (kind) {
        case 'qkv': {
          const { heads, kvHeads, headDim } = a;
          const cache = kv.buffers.format === 'int8' ? { rows: kvRows } : kv.buffers.layers[index]!;
          const args = { heads, kvHeads, headDim, weights: layer.qkv, q, cache, rope: kv.rope, state };
          return qkvRope(context, { ...args, ...norm });
        }
        case 'gateUp':
          return gateUp(context, { weights: layer.gateUp, activation, ...norm });
        default:
          return gemvResidual(context, {
            kind,
            weights: layer[kind],
            x,
            gamma: layer.feedForwardNorm,
            residual,
            scaled,
            squares,
          });
      }
    }),
  );
  return steps.flat();
}

function allocateScratch(a: Architecture, memory: GpuMemory): Promise<Scratch> {
  const usage = GPUBufferUsage.STORAGE;
  return memory.createMany((create) => {
    const floats = (label: string, count: number) => create(`tuner ${label}`, count * 4, usage);
    return {
      x: floats('x', Math.max(a.hidden, a.heads * a.headDim, a.intermediate)),
      squares: floats('squares', a.hidden),
      residual: floats('residual', a.hidden),
      scaled: floats('scaled', a.hidden),
      q: floats('q', a.heads * a.headDim),
      kvRows: floats('kv rows', 2 * a.kvHeads * a.headDim),
      activation: floats('activation', a.intermediate),
    };
  });
}
