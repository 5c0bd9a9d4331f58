/** Tokens per second over the length of the context, beside what the memory's bandwidth allows and another result. */
import { type SpeedTranslator, useSpeedT } from '../../i18n/speed';
import { rateText } from './figure-text';
import { linearTicks, logPosition, spacedValues } from './scale';
import { useWidth } from './use-width';

export interface SpeedPoint {
  readonly contextTokens: number;
  readonly tokensPerSecond: number;
}

export interface SpeedSeries {
  readonly name: string;
  readonly points: readonly SpeedPoint[];
}

interface SpeedChartProps {
  readonly own: SpeedSeries;
  /** What the bandwidth allows, where it was measured. */
  readonly limit: SpeedSeries | undefined;
  readonly other: SpeedSeries | undefined;
}

const HEIGHT = 240;
const MARGIN = { top: 22, right: 22, bottom: 42, left: 46 };
/** Above this, the limit would press the measured line flat against the axis. */
const MOST_HEADROOM = 12;

const highest = (points: readonly SpeedPoint[]) =>
  Math.max(0, ...points.map(({ tokensPerSecond }) => tokensPerSecond));

export function SpeedChart({ own, limit, other }: SpeedChartProps) {
  const t = useSpeedT();
  const { ref, width } = useWidth();
  const measured = [own, ...(other ? [other] : [])];
  const top = highest(measured.flatMap(({ points }) => points));
  const shownLimit = limit && highest(limit.points) <= MOST_HEADROOM * top ? limit : undefined;
  const all = [...measured, ...(shownLimit ? [shownLimit] : [])];
  const contexts = [...new Set(all.flatMap(({ points }) => points.map((point) => point.contextTokens)))].sort(
    (a, b) => a - b,
  );
  const ticks = linearTicks(highest(all.flatMap(({ points }) => points)));
  const frame = { width, contexts, ticks, labelled: spacedValues(contexts, plotWidth(width), 52) };
  const at = placesIn(frame);
  return (
    <figure className="flex flex-col gap-2">
      <figcaption className="font-medium">{t('bench.speedChart')}</figcaption>
      <div ref={ref} style={{ height: HEIGHT }}>
        {width > 0 && (
          <svg width={width} height={HEIGHT} role="img" aria-labelledby="speed-chart-title speed-chart-desc">
            <title id="speed-chart-title">{t('bench.speedChart')}</title>
            <desc id="speed-chart-desc">{all.map((series) => inWords(t, series)).join(' ')}</desc>
            <Axes frame={frame} />
            {shownLimit && <Line series={shownLimit} at={at} {...STROKE.limit} />}
            {other && <Line series={other} at={at} {...STROKE.other} />}
            <Line series={own} at={at} {...STROKE.own} />
            <Values
              points={own.points.filter((point) => frame.labelled.includes(point.contextTokens))}
              at={at}
            />
          </svg>
        )}
      </div>
      <ul className="flex flex-wrap gap-x-5 gap-y-1 text-soft text-xs">
        <Key name={own.name} {...STROKE.own} />
        {other && <Key name={other.name} {...STROKE.other} />}
        {shownLimit && <Key name={shownLimit.name} {...STROKE.limit} />}
      </ul>
    </figure>
  );
}

/** What the chart is drawn on. */
interface Frame {
  /** CSS pixels. */
  readonly width: number;
  /** Ascending. */
  readonly contexts: readonly number[];
  /** Of tokens per second, from 0. */
  readonly ticks: readonly number[];
  /** Of the contexts, those with room for a label. */
  readonly labelled: readonly number[];
}

/** Where a context and a speed lie, in CSS pixels. */
interface Places {
  x(tokens: number): number;
  y(rate: number): number;
}

const plotWidth = (width: number) => Math.max(0, width - MARGIN.left - MARGIN.right);

function placesIn({ width, contexts, ticks }: Frame): Places {
  const height = HEIGHT - MARGIN.top - MARGIN.bottom;
  return {
    x: (tokens) => MARGIN.left + logPosition(tokens, contexts) * plotWidth(width),
    y: (rate) => MARGIN.top + height * (1 - rate / (ticks.at(-1) ?? 1)),
  };
}

function Axes({ frame }: { frame: Frame }) {
  const t = useSpeedT();
  const { width, contexts, ticks, labelled } = frame;
  const { x, y } = placesIn(frame);
  const bottom = HEIGHT - MARGIN.bottom;
  return (
    <g className="numbers fill-(--ink-faint) text-xs">
      {ticks.map((tick) => (
        <g key={tick}>
          <line
            x1={MARGIN.left}
            x2={width - MARGIN.right}
            y1={y(tick)}
            y2={y(tick)}
            className={tick === 0 ? 'stroke-(--line-strong)' : 'stroke-(--line)'}
          />
          <text x={MARGIN.left - 8} y={y(tick)} dy="0.32em" textAnchor="end">
            {t.number(tick, 4)}
          </text>
        </g>
      ))}
      {contexts.map((tokens) => (
        <line
          key={tokens}
          x1={x(tokens)}
          x2={x(tokens)}
          y1={bottom}
          y2={bottom + 4}
          className="stroke-(--line-strong)"
        />
      ))}
      {labelled.map((tokens) => (
        <text key={tokens} x={x(tokens)} y={bottom + 17} textAnchor="middle">
          {t.number(tokens)}
        </text>
      ))}
      <text x={MARGIN.left + plotWidth(width) / 2} y={HEIGHT - 6} textAnchor="middle">
        {t('bench.contextAxis')}
      </text>
      <text x={0} y={10}>
        {t('bench.rateAxis')}
      </text>
    </g>
  );
}

/** Figures above the points. */
function Values({ points, at }: { points: readonly SpeedPoint[]; at: Places }) {
  const t = useSpeedT();
  return (
    <g className="numbers fill-(--ink) font-medium text-xs">
      {points.map(({ contextTokens, tokensPerSecond }) => (
        <text
          key={contextTokens}
          x={at.x(contextTokens)}
          y={at.y(tokensPerSecond) - 9}
          // The first point stands on the axis, whose own figures are to the left of it.
          textAnchor={contextTokens === points[0]?.contextTokens ? 'start' : 'middle'}
          // A halo keeps the figure legible where a line runs behind it.
          className="stroke-(--canvas) [paint-order:stroke]"
          strokeWidth={4}
          strokeLinejoin="round"
        >
          {rateText(t, tokensPerSecond)}
        </text>
      ))}
    </g>
  );
}

function inWords(t: SpeedTranslator, { name, points }: SpeedSeries): string {
  const values = points.map(({ contextTokens, tokensPerSecond }) =>
    t('bench.pointInWords', { tokens: contextTokens, rate: rateText(t, tokensPerSecond) }),
  );
  return t('bench.seriesInWords', { name, values: values.join(t('bench.comma')) });
}

interface Stroke {
  readonly className: string;
  readonly dashes?: string;
  readonly marks?: 'full' | 'hollow';
}

const STROKE = {
  own: { className: 'stroke-(--accent)', marks: 'full' },
  other: { className: 'stroke-(--ink-soft)', dashes: '1.5 3.5', marks: 'hollow' },
  limit: { className: 'stroke-(--ink-faint)', dashes: '5 4' },
} as const satisfies Record<string, Stroke>;

interface LineProps extends Stroke {
  readonly series: SpeedSeries;
  readonly at: Places;
}

function Line({ series, at, className, dashes, marks }: LineProps) {
  const points = series.points.map(
    ({ contextTokens, tokensPerSecond }) => [at.x(contextTokens), at.y(tokensPerSecond)] as const,
  );
  return (
    <g className={className} fill="none" strokeWidth={2}>
      <polyline
        points={points.map(([atX, atY]) => `${atX},${atY}`).join(' ')}
        strokeDasharray={dashes}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      {marks &&
        points.map(([atX, atY]) => (
          <circle
            key={atX}
            cx={atX}
            cy={atY}
            r={3.5}
            fill={marks === 'full' ? 'var(--accent)' : 'var(--canvas)'}
          />
        ))}
    </g>
  );
}

/** An entry of the legend. */
function Key({ name, className, dashes, marks }: Stroke & { name: string }) {
  return (
    <li className="flex items-center gap-2">
      <svg aria-hidden="true" width={26} height={10} className={className} fill="none" strokeWidth={2}>
        <line x1={1} x2={25} y1={5} y2={5} strokeDasharray={dashes} strokeLinecap="round" />
        {marks && (
          <circle cx={13} cy={5} r={3.5} fill={marks === 'full' ? 'var(--accent)' : 'var(--canvas)'} />
        )}
      </svg>
      {name}
    </li>
  );
}
