/** Two results line by line, as far as both have measured the same. */
import { type ComparedFigure, type ComparedLine, compareShapes } from '../../bench/compare';
import type { BenchResult, ShapeResult } from '../../bench/types';
import { type SpeedTranslator, useSpeedT } from '../../i18n/speed';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { FigureTable } from './FigureTable';
import { kernelName, msText, rateText } from './figure-text';

interface ComparisonProps {
  readonly before: BenchResult;
  readonly after: BenchResult;
  readonly onClose: () => void;
}

export function Comparison({ before, after, onClose }: ComparisonProps) {
  const t = useSpeedT();
  const pairs = after.shapes.flatMap((own): readonly (readonly [ShapeResult, ShapeResult])[] => {
    const other = before.shapes.find(({ shape }) => shape === own.shape);
    return other ? [[other, own]] : [];
  });
  const tables = pairs.map(([other, own]) => ({ own, other, lines: compareShapes(other, own) }));
  const heads = ['what', 'other', 'this', 'ratio'] as const;
  return (
    <div className="flex flex-col gap-4 rounded-lg border border-line p-4">
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-0 flex-1 basis-56 font-medium [overflow-wrap:anywhere]">
          {t('bench.comparison', {
            adapter: before.adapter.name,
            when: t.when(Date.parse(before.startedAt)),
          })}
        </p>
        <Button onClick={onClose}>{t('bench.closeComparison')}</Button>
      </div>
      <Caution before={before} after={after} pairs={pairs} />
      {tables.every(({ lines }) => lines.length === 0) && (
        <p className="text-soft">{t('bench.nothingShared')}</p>
      )}
      {tables.map(({ own, lines }) => (
        <FigureTable
          key={own.shape}
          caption={t(`bench.shapeName.${own.shape}`)}
          heads={heads.map((head) => t(`bench.head.${head}`))}
          rows={lines.map((line) => ({
            name: figureName(t, line.figure),
            cells: [
              figureText(t, line, line.first),
              figureText(t, line, line.second),
              `${t.number(line.ratio)}×`,
            ],
          }))}
          note={t('bench.comparisonNote')}
        />
      ))}
    </div>
  );
}

interface CautionProps {
  readonly before: BenchResult;
  readonly after: BenchResult;
  readonly pairs: readonly (readonly [ShapeResult, ShapeResult])[];
}

/** What else differs than the thing that is to be compared. */
function Caution({ before, after, pairs }: CautionProps) {
  const t = useSpeedT();
  const [a, b] = [before.config.engine, after.config.engine];
  const notes: string[] = [];
  if (before.adapter.name !== after.adapter.name) notes.push(t('bench.differ.adapter'));
  if (a.int8Activations !== b.int8Activations || a.int8Kv !== b.int8Kv) notes.push(t('bench.differ.options'));
  if (pairs.some(([other, own]) => other.layers !== own.layers)) notes.push(t('bench.differ.layers'));
  if (notes.length === 0) return null;
  return <Notice kind="info">{t('bench.differ', { notes: notes.join(t('bench.comma')) })}</Notice>;
}

function figureName(t: SpeedTranslator, figure: ComparedFigure): string {
  switch (figure.kind) {
    case 'decode':
    case 'prefill':
      return t(`bench.step.${figure.kind}`, { tokens: figure.tokens });
    case 'script':
      return t('bench.compared.script', { tokens: figure.tokens });
    case 'kernel':
      return kernelName(t, figure);
    case 'load':
      return t('bench.other.load');
    case 'memory':
      return t('bench.other.total');
    case 'cold':
    case 'cached':
    case 'speculation':
      return t(`bench.compared.${figure.kind}`);
  }
}

function figureText(t: SpeedTranslator, { figure, unit }: ComparedLine, value: number): string {
  if (figure.kind === 'memory') return t.bytes(value * 1e6);
  if (figure.kind === 'speculation') return `${t.number(value)}×`;
  return unit === 'ms' ? msText(t, value) : `${rateText(t, value)} ${t('bench.rateUnit')}`;
}
