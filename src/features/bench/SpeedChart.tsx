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
  const plot = {
    width: Math.max(0, width - MARGIN.left - MARGIN.right),
    height: HEIGHT - MARGIN.top - MARGIN.bottom,
  };
  const x = (tokens: number) => MARGIN.left + logPosition(tokens, contexts) * plot.width;
  const y = (rate: number) => MARGIN.top + plot.height * (1 - rate / (ticks.at(-1) ?? 1));
  const labelled = spacedValues(contexts, plot.width, 52);

  return (
    <figure className="flex flex-col gap-2">
      <figcaption className="font-medium">{t('bench.speedChart')}</figcaption>
      <div ref={ref} style={{ height: HEIGHT }}>
        {width > 0 && (
          <svg width={width} height={HEIGHT} role="img" aria-labelledby="speed-chart-title speed-chart-desc">
            <title id="speed-chart-title">{t('bench.speedChart')}</title>
            <desc id="speed-chart-desc">{all.map((series) => inWords(t, series)).join(' ')}</desc>
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
                  y1={HEIGHT - MARGIN.bottom}
                  y2={HEIGHT - MARGIN.bottom + 4}
                  className="stroke-(--line-strong)"
                />
              ))}
              {labelled.map((tokens) => (
                <text key={tokens} x={x(tokens)} y={HEIGHT - MARGIN.bottom + 17} textAnchor="middle">
                  {t.number(tokens)}
                </text>
              ))}
              <text x={MARGIN.left + plot.width / 2} y={HEIGHT - 6} textAnchor="middle">
                {t('bench.contextAxis')}
              </text>
              <text x={0} y={10}>
                {t('bench.rateAxis')}
              </text>
            </g>
            {shownLimit && (
              <Line series={shownLimit} x={x} y={y} className="stroke-(--ink-faint)" dashes="5 4" />
            )}
            {other && (
              <Line
                series={other}
                x={x}
                y={y}
                className="stroke-(--ink-soft)"
                dashes="1.5 3.5"
                marks="hollow"
              />
            )}
            <Line series={own} x={x} y={y} className="stroke-(--accent)" marks="full" />
            <g className="numbers fill-(--ink) font-medium text-xs">
              {own.points
                .filter(({ contextTokens }) => labelled.includes(contextTokens))
                .map(({ contextTokens, tokensPerSecond }) => (
                  <text
                    key={contextTokens}
                    x={x(contextTokens)}
                    y={y(tokensPerSecond) - 9}
                    textAnchor="middle"
                    // A halo keeps the figure legible where a line runs behind it.
                    className="stroke-(--canvas) [paint-order:stroke]"
                    strokeWidth={4}
                    strokeLinejoin="round"
                  >
                    {rateText(t, tokensPerSecond)}
                  </text>
                ))}
            </g>
          </svg>
        )}
      </div>
      <ul className="flex flex-wrap gap-x-5 gap-y-1 text-soft text-xs">
        <Key name={own.name} className="stroke-(--accent)" marks="full" />
        {other && <Key name={other.name} className="stroke-(--ink-soft)" dashes="1.5 3.5" marks="hollow" />}
        {shownLimit && <Key name={shownLimit.name} className="stroke-(--ink-faint)" dashes="5 4" />}
      </ul>
    </figure>
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

interface LineProps extends Stroke {
  readonly series: SpeedSeries;
  readonly x: (tokens: number) => number;
  readonly y: (rate: number) => number;
}

function Line({ series, x, y, className, dashes, marks }: LineProps) {
  const points = series.points.map((point) => [x(point.contextTokens), y(point.tokensPerSecond)] as const);
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
