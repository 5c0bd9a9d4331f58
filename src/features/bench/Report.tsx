/** A result: the one number people ask for, the two charts, and every figure behind them. */
import { type ReactNode, useState } from 'react';
import type { BenchResult, BenchShape, ShapeResult } from '../../bench/types';
import { AppError, ERROR_CODES } from '../../core/errors';
import { type SpeedTranslator, useSpeedT } from '../../i18n/speed';
import { Choice } from '../../ui/Choice';
import { Notice } from '../../ui/Notice';
import { kernelName, rateText } from './figure-text';
import { limitPoints, sharedKernels, speedPoints } from './figures';
import { ResultTables } from './ResultTables';
import { ShareBars } from './ShareBars';
import { SpeedChart } from './SpeedChart';

interface ReportProps {
  readonly result: BenchResult;
  readonly other: BenchResult | null;
  /** What can be done with it; between the charts and the tables. */
  readonly children: ReactNode;
}

export function Report({ result, other, children }: ReportProps) {
  const t = useSpeedT();
  const [wanted, setWanted] = useState<BenchShape>();
  const shape = result.shapes.find((each) => each.shape === wanted) ?? result.shapes[0];
  if (!shape) return null;
  const bars = sharedKernels(shape);
  const rival = other?.shapes.find((each) => each.shape === shape.shape);
  const limit = limitPoints(shape, result.bandwidth);
  const points = speedPoints(shape);
  return (
    <div className="flex flex-col gap-6">
      {result.shapes.length > 1 && (
        <Choice
          label={t('bench.shape')}
          value={shape.shape}
          options={result.shapes.map((each) => ({
            value: each.shape,
            label: t(`bench.shapeShort.${each.shape}`),
          }))}
          onChange={setWanted}
        />
      )}
      <Headline result={result} shape={shape} />
      {points.length > 0 && (
        <SpeedChart
          own={{ name: t('bench.series.own'), points }}
          limit={limit.length > 0 ? { name: t('bench.series.limit'), points: limit } : undefined}
          other={rival ? { name: t('bench.series.other'), points: speedPoints(rival) } : undefined}
        />
      )}
      {bars.length > 0 && (
        <ShareBars
          bars={bars.map((kernel) => ({
            name: kernelName(t, kernel),
            share: kernel.bandwidthShare,
            timeMs: kernel.timeMs,
          }))}
        />
      )}
      <Skipped shape={shape} />
      {children}
      <ResultTables result={result} shape={shape} />
    </div>
  );
}

function Headline({ result, shape }: { result: BenchResult; shape: ShapeResult }) {
  const t = useSpeedT();
  const first = shape.decode?.[0];
  const { adapter, bandwidth, startedAt } = result;
  return (
    <div className="flex flex-col gap-3">
      <p className="text-soft [overflow-wrap:anywhere]">
        {[t(`bench.shapeName.${shape.shape}`), adapter.name, t.when(Date.parse(startedAt))].join(' · ')}
      </p>
      {first && (
        <div className="flex flex-wrap gap-x-10 gap-y-3">
          <Big
            value={rateText(t, first.tokensPerSecond)}
            unit={t('bench.rateUnit')}
            note={t('bench.atContext', { tokens: first.contextTokens })}
          />
          {first.bandwidthShare !== undefined && bandwidth && (
            <Big
              value={t.percent(first.bandwidthShare)}
              unit={t('bench.ofLimit')}
              note={t('bench.limitIs', { amount: t.bytes(bandwidth.readBytesPerSecond) })}
            />
          )}
        </div>
      )}
      {shape.isScaled && (
        <Notice kind="info">
          {t('bench.wasScaled', { layers: shape.layers, total: shape.totalLayers })}
        </Notice>
      )}
      {adapter.isSoftware && <Notice kind="info">{t('bench.software')}</Notice>}
      <EngineNote t={t} result={result} />
    </div>
  );
}

function EngineNote({ t, result }: { t: SpeedTranslator; result: BenchResult }) {
  const { int8Activations, int8Kv } = result.config.engine;
  const parts = [...(int8Activations ? [t('speed.int8')] : []), ...(int8Kv ? [t('speed.kv')] : [])];
  if (parts.length === 0) return null;
  return (
    <p className="text-soft text-xs">{t('bench.measuredWith', { parts: parts.join(t('bench.comma')) })}</p>
  );
}

function Big({ value, unit, note }: { value: string; unit: string; note: string }) {
  return (
    <p className="flex flex-col">
      <span>
        <span className="numbers font-semibold text-[2rem] leading-tight tracking-[-0.02em]">{value}</span>{' '}
        <span className="text-soft">{unit}</span>
      </span>
      <span className="numbers text-faint text-xs">{note}</span>
    </p>
  );
}

function Skipped({ shape }: { shape: ShapeResult }) {
  const t = useSpeedT();
  if (shape.skipped.length === 0) return null;
  return (
    <Notice kind="warn">
      <p>{t('bench.skipped')}</p>
      <ul className="list-disc pl-5">
        {shape.skipped.map(({ section, tokens, reason }) => (
          <li key={`${section} ${tokens}`}>
            {t('bench.skippedPart', {
              step: t(`bench.step.${section}`, { tokens }),
              reason: skipText(t, reason),
            })}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

/** Reasons are error codes; in a file of another version perhaps one that is not known here. */
function skipText(t: SpeedTranslator, reason: string): string {
  const code = ERROR_CODES.find((known) => known === reason);
  return code ? t.error(new AppError(code)) : reason;
}
