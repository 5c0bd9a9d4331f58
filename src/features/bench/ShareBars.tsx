/** How much of the measured bandwidth each kernel reaches. */
import { useSpeedT } from '../../i18n/speed';
import { msText } from './figure-text';
import { useWidth } from './use-width';

export interface ShareBar {
  readonly name: string;
  /** Fraction of the bandwidth limit; caches may lift it above 1. */
  readonly share: number;
  readonly timeMs: number;
}

const ROW = 30;
const BAR = 12;
/** Room for "100 %" and a time beside it. */
const VALUE_WIDTH = 112;

export function ShareBars({ bars }: { bars: readonly ShareBar[] }) {
  const t = useSpeedT();
  const { ref, width } = useWidth();
  const height = bars.length * ROW + 4;
  const nameWidth = Math.min(168, Math.round(width * 0.36));
  const most = Math.max(1, ...bars.map(({ share }) => share));
  const barsWidth = Math.max(0, width - nameWidth - VALUE_WIDTH);
  const x = (share: number) => nameWidth + (Math.max(0, share) / most) * barsWidth;
  return (
    <figure className="flex flex-col gap-2">
      <figcaption className="font-medium">{t('bench.shareChart')}</figcaption>
      <div ref={ref} style={{ height }}>
        {width > 0 && (
          <svg width={width} height={height} role="img" aria-labelledby="share-chart-title share-chart-desc">
            <title id="share-chart-title">{t('bench.shareChart')}</title>
            <desc id="share-chart-desc">
              {bars.map(({ name, share }) => `${name}: ${t.percent(share)}`).join(t('bench.comma'))}
            </desc>
            {bars.map(({ name, share, timeMs }, row) => {
              const middle = row * ROW + ROW / 2;
              return (
                <g key={name} className="text-xs">
                  <text x={0} y={middle} dy="0.34em" className="fill-(--ink-soft)">
                    {name}
                  </text>
                  <rect
                    x={nameWidth}
                    y={middle - BAR / 2}
                    width={barsWidth}
                    height={BAR}
                    rx={3}
                    className="fill-(--hover)"
                  />
                  <rect
                    x={nameWidth}
                    y={middle - BAR / 2}
                    width={Math.max(2, x(share) - nameWidth)}
                    height={BAR}
                    rx={3}
                    className="fill-(--accent)"
                  />
                  <text
                    x={nameWidth + barsWidth + 42}
                    y={middle}
                    dy="0.34em"
                    textAnchor="end"
                    className="numbers fill-(--ink) font-medium"
                  >
                    {t.percent(share)}
                  </text>
                  <text
                    x={width}
                    y={middle}
                    dy="0.34em"
                    textAnchor="end"
                    className="numbers fill-(--ink-faint)"
                  >
                    {msText(t, timeMs)}
                  </text>
                </g>
              );
            })}
          </svg>
        )}
      </div>
    </figure>
  );
}
