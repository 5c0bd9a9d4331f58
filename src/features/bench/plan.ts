/**
 * What a run does on this machine: how much is measured, and with how many layers. A model that needs more memory
 * than there is, or runs on a processor, is measured with fewer layers and extrapolated.
 */
import { DEFAULT_BENCH_CONFIG, poolBytesFor, QUICK_BENCH_CONFIG } from '../../bench/config';
import { benchArchitecture } from '../../bench/shapes';
import type { BenchConfig, BenchShape } from '../../bench/types';
import { memoryNeeded } from '../../models/catalogue/memory';
import { COMFORTABLE_SHARE, peakBytes } from '../../models/catalogue/verdict';
import type { SpeedSettings } from '../../store/settings';

export interface BenchMachine {
  readonly isSoftware: boolean;
  /** As the user states it; undefined: not known. */
  readonly memoryBytes: number | undefined;
}

export interface BenchPlan {
  readonly config: BenchConfig;
  readonly layers: number;
  readonly totalLayers: number;
  /** Why not all layers run. */
  readonly cut: 'software' | 'memory' | undefined;
  /** At most at any moment, with `layers`. */
  readonly neededBytes: number;
  /** With all layers. */
  readonly wholeBytes: number;
  /** Not even the fewest layers fit. */
  readonly isTooLarge: boolean;
}

/** Extrapolation takes two runs of different depth. */
const FEWEST_LAYERS = 2;

interface BenchWish {
  readonly shape: BenchShape;
  readonly isQuick: boolean;
}

/** As many layers as fit, but few where a processor plays the GPU; with the speed settings of the user. */
export function planBench(
  { shape, isQuick }: BenchWish,
  machine: BenchMachine,
  speed: SpeedSettings,
): BenchPlan {
  const totalLayers = benchArchitecture(shape).layers;
  const base = isQuick ? QUICK_BENCH_CONFIG : DEFAULT_BENCH_CONFIG;
  const longest = Math.max(...base.contexts, ...base.prefillLengths);
  const needed = (layers: number) =>
    Math.max(
      poolBytesFor(machine),
      peakBytes(memoryNeeded(benchArchitecture(shape, layers), 'q4f16_1', longest)),
    );
  const room = machine.memoryBytes === undefined ? undefined : machine.memoryBytes * COMFORTABLE_SHARE;
  let layers = totalLayers;
  let cut: BenchPlan['cut'];
  if (machine.isSoftware && totalLayers > 4) {
    layers = FEWEST_LAYERS;
    cut = 'software';
  }
  if (room !== undefined && needed(layers) > room) {
    while (layers > FEWEST_LAYERS && needed(layers) > room) layers -= 1;
    cut ??= 'memory';
  }
  const config: BenchConfig = {
    ...base,
    shapes: [shape],
    ...(layers < totalLayers && { layers }),
    // Guessing ahead is measured by itself, off and on.
    engine: { ...speed, speculation: base.engine.speculation },
  };
  const neededBytes = needed(layers);
  return {
    config,
    layers,
    totalLayers,
    cut,
    neededBytes,
    wholeBytes: needed(totalLayers),
    isTooLarge: room !== undefined && neededBytes > room,
  };
}
