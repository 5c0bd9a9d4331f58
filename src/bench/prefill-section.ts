/**
 * Prompts and first tokens. With fewer layers than the model has, what happens once (embedding, head, draw) is
 * measured by itself and not multiplied; that comes last, because the engine learns from it how long its submits may be.
 */
import type { BenchRunner } from './bench-runner';
import { layerSplit, wholeModel } from './extrapolate';
import {
  type FirstTokenMeasurement,
  measureFirstToken,
  measurePrefill,
  withoutLayers,
} from './measure-prefill';
import { isScaled, type ShapeJob } from './shape-job';
import type { FirstTokenResult, PrefillResult } from './types';

/** Enough for the kernels of long prompts. */
const WARM_UP_TOKENS = 16;
/** Enough to measure what is left without the layers. */
const REST_ROUNDS = 3;
const REST_BUDGET_MS = 1000;

export class PrefillSection {
  private readonly prompts: { tokens: number; measuredMs: number }[] = [];
  private first: FirstTokenMeasurement | undefined;
  private isWarm = false;

  constructor(private readonly job: ShapeJob) {}

  async prompt(runner: BenchRunner, tokens: number): Promise<void> {
    const { config, pace, signal } = this.job;
    await this.warmUp(runner);
    const options = { rounds: config.rounds, budgetMs: pace.prefillBudgetMs, signal };
    this.prompts.push({ tokens, measuredMs: await measurePrefill(runner, tokens, options) });
  }

  async firstToken(runner: BenchRunner): Promise<void> {
    const { config, pace, signal } = this.job;
    await this.warmUp(runner);
    const options = { rounds: config.rounds, budgetMs: pace.firstTokenBudgetMs, signal };
    this.first = await measureFirstToken(runner, pace.promptTokens, pace.newTokens, options);
  }

  /** To be called once, after all prompts and before contexts are filled without computing them. */
  async results(runner: BenchRunner): Promise<{
    prefill: PrefillResult[];
    firstToken: Omit<FirstTokenResult, 'reuseTokenTimes'> | undefined;
  }> {
    const prefill: PrefillResult[] = [];
    const { signal } = this.job;
    const options = { rounds: REST_ROUNDS, budgetMs: REST_BUDGET_MS, signal };
    for (const { tokens, measuredMs } of this.prompts) {
      const restMs = await this.rest(() => measurePrefill(runner, tokens, options));
      const elapsedMs = this.whole(measuredMs, restMs);
      prefill.push({
        promptTokens: tokens,
        elapsedMs,
        tokensPerSecond: (tokens / elapsedMs) * 1000,
        measuredMs,
      });
    }
    if (!this.first) return { prefill, firstToken: undefined };
    const { promptTokens, newTokens } = this.job.pace;
    const rest = await this.rest(() => measureFirstToken(runner, promptTokens, newTokens, options));
    const of = (key: keyof FirstTokenMeasurement) => this.whole(this.first![key], rest?.[key]);
    const firstToken = {
      promptTokens,
      newTokens,
      coldMs: of('coldMs'),
      cachedMs: of('cachedMs'),
      newOnlyMs: of('newOnlyMs'),
    };
    return { prefill, firstToken };
  }

  /** Some drivers compile a kernel when it is first used, and the engine learns the adapter's pace. */
  private async warmUp(runner: BenchRunner): Promise<void> {
    if (this.isWarm) return;
    this.isWarm = true;
    const once = { rounds: 1, budgetMs: 0, signal: this.job.signal };
    await measurePrefill(runner, WARM_UP_TOKENS, once);
    await measurePrefill(runner, this.job.pace.newTokens, once);
  }

  private async rest<T>(measure: () => Promise<T>): Promise<T | undefined> {
    return isScaled(this.job) ? withoutLayers(this.job.gpu.device, measure) : undefined;
  }

  private whole(measuredMs: number, restMs: number | undefined): number {
    if (restMs === undefined) return measuredMs;
    const { architecture, whole } = this.job;
    const split = layerSplit(
      { layers: 0, value: restMs },
      { layers: architecture.layers, value: measuredMs },
    );
    return wholeModel(split, whole.layers);
  }
}
