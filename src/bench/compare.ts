/** Two results side by side: what both measured, and what makes them hard to compare. */
import { digits, percent, tokenCount } from './figures';
import type { Report, Table } from './tables';
import { kernelName } from './tables';
import type { BenchKernel, BenchResult, ShapeResult } from './types';

/** What a line compares, for whoever writes it in another language. */
export type ComparedFigure =
  | { readonly kind: 'decode' | 'script' | 'prefill'; readonly tokens: number }
  | { readonly kind: 'kernel'; readonly kernel: BenchKernel; readonly contextTokens?: number }
  | { readonly kind: 'cold' | 'cached' | 'load' | 'memory' | 'speculation' };

/** One figure; the ratio is above 1 where the second result is faster. */
export interface ComparedLine {
  readonly figure: ComparedFigure;
  readonly name: string;
  readonly unit: string;
  readonly first: number;
  readonly second: number;
  readonly ratio: number;
}

/** A table for each shape that both measured. */
export function compareResults(first: BenchResult, second: BenchResult): Report {
  const tables = first.shapes.flatMap((one): Table[] => {
    const other = second.shapes.find(({ shape }) => shape === one.shape);
    if (!other) return [];
    const lines = compareShapes(one, other);
    const header = ['', 'first', 'second', 'ratio'];
    const rows = lines.map(({ name, unit, first: a, second: b, ratio }) => [
      name,
      `${digits(a)} ${unit}`,
      `${digits(b)} ${unit}`,
      digits(ratio),
    ]);
    return rows.length > 0
      ? [{ title: `${one.shape} (above 1: the second is faster)`, rows: [header, ...rows] }]
      : [];
  });
  return {
    title: `Aerie ${first.adapter.aerieVersion} of ${first.startedAt.slice(0, 16)} and ${second.adapter.aerieVersion} of ${second.startedAt.slice(0, 16)}`,
    facts: differences(first, second),
    tables,
  };
}

/** Why ratios may not mean what they seem to. */
export function differences(first: BenchResult, second: BenchResult): string[] {
  const lines: string[] = [];
  const differ = (what: string, a: string, b: string) => {
    if (a !== b) lines.push(`different ${what}: ${a} and ${b}`);
  };
  differ('adapters', first.adapter.name, second.adapter.name);
  differ('platforms', first.adapter.platform, second.adapter.platform);
  const options = ({ config: { engine } }: BenchResult) =>
    `activations in ${engine.int8Activations ? '8' : '32'} bits, cache in ${engine.int8Kv ? '8' : '16'} bits`;
  differ('options', options(first), options(second));
  for (const one of first.shapes) {
    const other = second.shapes.find(({ shape }) => shape === one.shape);
    if (!other) lines.push(`${one.shape} is only in the first`);
    else differ(`layers of ${one.shape}`, `${one.layers}`, `${other.layers}`);
  }
  for (const { shape } of second.shapes) {
    if (!first.shapes.some((one) => one.shape === shape)) lines.push(`${shape} is only in the second`);
  }
  if (first.bandwidth && second.bandwidth) {
    const ratio = second.bandwidth.readBytesPerSecond / first.bandwidth.readBytesPerSecond;
    if (Math.abs(ratio - 1) > 0.1)
      lines.push(`the second adapter read at ${percent(ratio)} of the first's speed`);
  }
  return lines;
}

/** Figures that both have, in the order of the report. */
export function compareShapes(first: ShapeResult, second: ShapeResult): ComparedLine[] {
  const line = (
    figure: ComparedFigure,
    name: string,
    unit: string,
    a: number | undefined,
    b: number | undefined,
  ): ComparedLine[] => {
    if (a === undefined || b === undefined) return [];
    // Of speeds more is better, of times and bytes less.
    const isSpeed = unit === 'tokens/s' || unit === 'x';
    return [{ figure, name, unit, first: a, second: b, ratio: isSpeed ? b / a : a / b }];
  };
  const { firstToken: one } = first;
  const other = second.firstToken?.promptTokens === one?.promptTokens ? second.firstToken : undefined;
  const load = first.layers === second.layers ? second.load?.totalMs : undefined;
  const megabytes = ({ memory }: ShapeResult) => memory && memory.totalBytes / 1e6;
  const speedup = ({ speculation }: ShapeResult) => speculation?.speedup;
  return [
    ...(first.decode ?? []).flatMap((a) => {
      const tokens = a.contextTokens;
      const b = second.decode?.find(({ contextTokens }) => contextTokens === tokens);
      const name = `decode at ${tokenCount(tokens)}`;
      return [
        ...line({ kind: 'decode', tokens }, name, 'tokens/s', a.tokensPerSecond, b?.tokensPerSecond),
        ...line({ kind: 'script', tokens }, `${name}, JavaScript`, 'ms', a.cpuMsPerToken, b?.cpuMsPerToken),
      ];
    }),
    ...(first.prefill ?? []).flatMap((a) => {
      const tokens = a.promptTokens;
      const b = second.prefill?.find(({ promptTokens }) => promptTokens === tokens);
      const name = `prefill of ${tokenCount(tokens)}`;
      return line({ kind: 'prefill', tokens }, name, 'tokens/s', a.tokensPerSecond, b?.tokensPerSecond);
    }),
    ...line({ kind: 'cold' }, 'first token, cold', 'ms', one?.coldMs, other?.coldMs),
    ...line({ kind: 'cached' }, 'first token, cached', 'ms', one?.cachedMs, other?.cachedMs),
    ...(first.kernels ?? []).flatMap((a) => {
      const b = second.kernels?.find((each) => kernelName(each) === kernelName(a));
      const { kernel, contextTokens } = a;
      const figure = {
        kind: 'kernel',
        kernel,
        ...(contextTokens !== undefined && { contextTokens }),
      } as const;
      return line(figure, kernelName(a), 'ms', a.timeMs, b?.timeMs);
    }),
    ...line({ kind: 'load' }, 'load', 'ms', first.load?.totalMs, load),
    ...line({ kind: 'memory' }, 'memory', 'MB', megabytes(first), megabytes(second)),
    ...line({ kind: 'speculation' }, 'speculation', 'x', speedup(first), speedup(second)),
  ];
}
