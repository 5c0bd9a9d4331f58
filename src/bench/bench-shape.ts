/**
 * One shape from loading to the last measurement. What this adapter cannot do is noted and passed over; a cancelled
 * run, or a fault of the program, ends it. Nothing stays on the GPU either way.
 */
import { AppError, type ErrorCode } from '../core/errors';
import type { BenchRunner } from './bench-runner';
import { benchDecode } from './decode-section';
import { loadShape, memoryOf } from './load-section';
import { measureKernels } from './measure-kernels';
import { PrefillSection } from './prefill-section';
import type { WeighedStep } from './progress';
import type { ShapeJob } from './shape-job';
import { benchSpeculation } from './speculation-section';
import {
  BENCH_KERNELS,
  type BenchStep,
  type DecodeResult,
  type FirstTokenResult,
  type KernelResult,
  type ShapeResult,
  type SkippedPart,
} from './types';

/** What an adapter may be unable to do, as opposed to what must not happen. */
const SKIPPABLE: ReadonlySet<ErrorCode> = new Set([
  'out-of-gpu-memory',
  'limits-too-small',
  'message-too-long',
  'device-lost',
]);

type Measured = Pick<
  ShapeResult,
  'load' | 'kernels' | 'decode' | 'prefill' | 'firstToken' | 'speculation' | 'memory' | 'skipped'
>;

/** Throws AppError `aborted`, and faults of the program. `begin` is told of each step before it is done. */
export async function benchShape(
  job: ShapeJob,
  steps: readonly WeighedStep[],
  begin: (step: WeighedStep) => void,
): Promise<Measured> {
  const run = new ShapeRun(job);
  try {
    for (const step of steps) {
      begin(step);
      await run.step(step.step);
    }
    return await run.results();
  } finally {
    run.dispose();
  }
}

class ShapeRun {
  private runner: BenchRunner | undefined;
  private load: ShapeResult['load'];
  private memory: ShapeResult['memory'];
  private prefill: PrefillSection | undefined;
  private prompts: Awaited<ReturnType<PrefillSection['results']>> | undefined;
  private speculation: ShapeResult['speculation'];
  private readonly kernels: KernelResult[] = [];
  private readonly decode: DecodeResult[] = [];
  private readonly skipped: SkippedPart[] = [];
  /** Nothing more can be done. */
  private end: ErrorCode | undefined;

  constructor(private readonly job: ShapeJob) {}

  async step(step: BenchStep): Promise<void> {
    await this.orSkip(step, async () => {
      await this.measure(step);
      if (this.runner) this.memory = memoryOf(this.job, this.runner);
    });
  }

  /** Notes what the adapter cannot do, or could not have done any more. */
  private async orSkip({ section, tokens }: BenchStep, work: () => Promise<void>): Promise<void> {
    const skip = (reason: ErrorCode) =>
      this.skipped.push({ section, ...(tokens !== undefined && { tokens }), reason });
    if (this.end) {
      skip(this.end);
      return;
    }
    try {
      await work();
    } catch (error) {
      const { code } = AppError.from(error);
      if (!SKIPPABLE.has(code)) throw error;
      skip(code);
      if (code === 'device-lost' || section === 'load') this.end = code;
    }
  }

  private async measure({ section, tokens = 0 }: BenchStep): Promise<void> {
    if (section === 'load') {
      const { runner, load } = await loadShape(this.job);
      this.runner = runner;
      this.load = load;
      this.prefill = new PrefillSection(this.job);
      return;
    }
    const { runner, prefill } = this;
    if (!runner || !prefill) throw new AppError('internal', { message: 'measured before it was loaded' });
    if (tokens > runner.contextLength) {
      throw new AppError('message-too-long', { tokens, limit: runner.contextLength });
    }
    if (section === 'prefill') return prefill.prompt(runner, tokens);
    if (section === 'firstToken') return prefill.firstToken(runner);
    this.prompts ??= await prefill.results(runner);
    if (section === 'kernels') this.kernels.push(...(await this.measureKernels(runner, tokens)));
    if (section === 'decode') this.decode.push(await benchDecode(this.job, runner, tokens));
    if (section === 'speculation') this.speculation = await benchSpeculation(this.job, runner);
  }

  /** All kernels at the first context, attention at the others. */
  private measureKernels(runner: BenchRunner, context: number): Promise<KernelResult[]> {
    const { gpu, config, pace, readBytesPerSecond, signal } = this.job;
    const isFirst = this.kernels.length === 0;
    return measureKernels(gpu, runner, context, isFirst ? BENCH_KERNELS : ['attention'], {
      rounds: config.rounds,
      budgetMs: pace.kernelBudgetMs,
      isInt8Kv: config.engine.int8Kv,
      readBytesPerSecond,
      signal,
    });
  }

  async results(): Promise<Measured> {
    const { runner, prefill } = this;
    const has = (section: BenchStep['section']) => this.job.config.sections.includes(section);
    if (runner && prefill && !this.prompts && (has('prefill') || has('firstToken')))
      await this.orSkip({ section: 'prefill' }, async () => {
        this.prompts = await prefill.results(runner);
      });
    const firstToken = this.prompts?.firstToken;
    return {
      ...(has('load') && this.load && { load: this.load }),
      ...(has('kernels') && { kernels: this.kernels }),
      ...(has('decode') && { decode: this.decode }),
      ...(has('prefill') && { prefill: this.prompts?.prefill ?? [] }),
      ...(firstToken && { firstToken: withTokenTimes(firstToken, this.decode) }),
      ...(this.speculation && { speculation: this.speculation }),
      ...(this.memory && { memory: this.memory }),
      skipped: this.skipped,
    };
  }

  dispose(): void {
    this.runner?.dispose();
  }
}

/** What reuse costs in times of a token, by the decode measurement of the nearest context. */
function withTokenTimes(
  first: Omit<FirstTokenResult, 'reuseTokenTimes'>,
  decode: readonly DecodeResult[],
): FirstTokenResult {
  const distance = ({ contextTokens }: DecodeResult) => Math.abs(contextTokens - first.promptTokens);
  const [nearest] = [...decode].sort((a, b) => distance(a) - distance(b));
  if (!nearest) return first;
  const reuseMs = Math.max(0, first.cachedMs - first.newOnlyMs);
  return { ...first, reuseTokenTimes: reuseMs / nearest.msPerToken };
}
