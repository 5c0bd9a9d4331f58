/** A whole benchmark run on one adapter; used by the command line and, in a worker, by the page. */
import { version } from '../../package.json';
import { AppError } from '../core/errors';
import type { Gpu } from '../gpu/device';
import { benchShape } from './bench-shape';
import { benchPace, checkBenchConfig } from './config';
import { BenchMeter, type WeighedStep } from './progress';
import { measureBandwidth } from './read-bandwidth';
import { shapeSteps } from './shape-steps';
import { benchArchitecture, weightBytesPerToken } from './shapes';
import type {
  AdapterFacts,
  BandwidthResult,
  BenchConfig,
  BenchProgress,
  BenchResult,
  ShapeResult,
} from './types';

export interface BenchOptions {
  /** Browser, or Node and Dawn, with versions. */
  readonly platform: string;
  readonly onProgress?: (progress: BenchProgress) => void;
  /** Ends the run with `aborted` and frees all GPU memory. */
  readonly signal?: AbortSignal;
}

const BANDWIDTH: WeighedStep = { step: { section: 'bandwidth' }, weight: 3 };

/**
 * Parts that the adapter cannot do are noted in the result. Throws AppError `parameter-out-of-range` for a
 * configuration without sense, `aborted`, and `out-of-gpu-memory` or `device-lost` where not even the adapter's
 * bandwidth could be measured.
 */
export async function runBenchmark(
  gpu: Gpu,
  config: BenchConfig,
  { platform, onProgress, signal }: BenchOptions,
): Promise<BenchResult> {
  checkBenchConfig(config);
  const startedAt = new Date();
  const pace = benchPace(config, gpu.isSoftware);
  const hasBandwidth = config.sections.includes('bandwidth');
  const stepsOf = config.shapes.map((shape) => shapeSteps(config, shape, pace));
  const all = [...(hasBandwidth ? [BANDWIDTH] : []), ...stepsOf.flat()];
  const meter = new BenchMeter(all, onProgress, signal);

  let bandwidth: BandwidthResult | undefined;
  if (hasBandwidth) {
    meter.begin(BANDWIDTH);
    const options = { rounds: config.rounds, budgetMs: pace.bandwidthBudgetMs, ...(signal && { signal }) };
    bandwidth = await measureBandwidth(gpu, options);
  }
  const shapes: ShapeResult[] = [];
  for (const [index, shape] of config.shapes.entries()) {
    const whole = benchArchitecture(shape);
    const architecture = benchArchitecture(shape, config.layers);
    const readBytesPerSecond = bandwidth?.readBytesPerSecond;
    const job = { gpu, config, pace, architecture, whole, readBytesPerSecond, signal };
    const measured = await benchShape(job, stepsOf[index]!, (step) => meter.begin(step));
    shapes.push({
      shape,
      layers: architecture.layers,
      totalLayers: whole.layers,
      isScaled: architecture.layers < whole.layers,
      weightBytesPerToken: weightBytesPerToken(whole),
      ...measured,
    });
  }
  if (signal?.aborted) throw new AppError('aborted');
  return {
    format: 'aerie-bench',
    version: 1,
    startedAt: startedAt.toISOString(),
    elapsedMs: Date.now() - startedAt.getTime(),
    adapter: adapterFacts(gpu, platform),
    config,
    ...(bandwidth && { bandwidth }),
    shapes,
  };
}

function adapterFacts(gpu: Gpu, platform: string): AdapterFacts {
  const { features } = gpu;
  return {
    name: gpu.name,
    vendor: gpu.vendor,
    isSoftware: gpu.isSoftware,
    hasF16: features.f16,
    hasSubgroups: features.subgroups,
    subgroupMinSize: features.subgroupMinSize,
    subgroupMaxSize: features.subgroupMaxSize,
    hasTimestamps: features.timestamps,
    maxBindingBytes: gpu.maxBindingBytes,
    maxBufferBytes: gpu.maxBufferBytes,
    platform,
    aerieVersion: version,
  };
}
