/** Figures as they are written, the same in charts and tables. */
import type { BenchKernel } from '../../bench/types';
import type { SpeedTranslator } from '../../i18n/speed';

export function rateText(t: SpeedTranslator, rate: number): string {
  return t.number(rate, rate < 10 ? 2 : rate < 100 ? 1 : 0);
}

export function msText(t: SpeedTranslator, ms: number): string {
  if (ms >= 10_000) return t.seconds(ms);
  return t('bench.ms', { value: t.number(ms, ms < 1 ? 3 : ms < 10 ? 2 : ms < 100 ? 1 : 0) });
}

export function kernelName(
  t: SpeedTranslator,
  { kernel, contextTokens }: { readonly kernel: BenchKernel; readonly contextTokens?: number },
): string {
  return t(`bench.kernel.${kernel}`, { tokens: contextTokens });
}
