/** Every number of a result, so that the charts need not carry any. */
import type { BenchResult, ShapeResult } from '../../bench/types';
import { type SpeedTranslator, useSpeedT } from '../../i18n/speed';
import { FigureTable } from './FigureTable';
import { kernelName, msText, rateText } from './figure-text';

export function ResultTables({ result, shape }: { result: BenchResult; shape: ShapeResult }) {
  const t = useSpeedT();
  const gigabytes = (bytesPerSecond: number | undefined) =>
    bytesPerSecond === undefined ? undefined : t('bench.perSecond', { amount: t.bytes(bytesPerSecond) });
  const share = (value: number | undefined) => (value === undefined ? undefined : t.percent(value));
  return (
    <div className="flex flex-col gap-6">
      <FigureTable
        caption={t('bench.decode')}
        heads={[
          t('bench.head.context'),
          t('bench.head.rate'),
          t('bench.head.perToken'),
          t('bench.head.share'),
          t('bench.head.script'),
          t('bench.head.dispatches'),
        ]}
        rows={(shape.decode ?? []).map((row) => ({
          name: t.number(row.contextTokens),
          cells: [
            rateText(t, row.tokensPerSecond),
            msText(t, row.msPerToken),
            share(row.bandwidthShare),
            msText(t, row.cpuMsPerToken),
            t.number(row.dispatchesPerToken, 0),
          ],
        }))}
        note={t('bench.decodeNote')}
      />
      <FigureTable
        caption={t('bench.prefill')}
        heads={[t('bench.head.prompt'), t('bench.head.rate'), t('bench.head.time')]}
        rows={(shape.prefill ?? []).map((row) => ({
          name: t.number(row.promptTokens),
          cells: [rateText(t, row.tokensPerSecond), msText(t, row.elapsedMs)],
        }))}
      />
      <FigureTable
        caption={t('bench.kernels')}
        heads={[
          t('bench.head.kernel'),
          t('bench.head.time'),
          t('bench.head.reads'),
          t('bench.head.bandwidth'),
          t('bench.head.share'),
        ]}
        rows={(shape.kernels ?? []).map((row) => ({
          name: kernelName(t, row),
          cells: [
            msText(t, row.timeMs),
            t.bytes(row.readBytes),
            gigabytes(row.bytesPerSecond),
            share(row.bandwidthShare),
          ],
        }))}
        note={t('bench.kernelsNote')}
      />
      <FigureTable
        caption={t('bench.others')}
        heads={[t('bench.head.what'), t('bench.head.value')]}
        rows={otherFigures(t, result, shape).map(([name, value]) => ({ name, cells: [value] }))}
      />
    </div>
  );
}

function otherFigures(
  t: SpeedTranslator,
  { bandwidth, adapter }: BenchResult,
  { firstToken, load, speculation, memory }: ShapeResult,
): readonly (readonly [string, string])[] {
  const perSecond = (bytes: number) => t('bench.perSecond', { amount: t.bytes(bytes) });
  const rows: (readonly [string, string])[] = [];
  if (bandwidth) {
    rows.push([t('bench.other.read'), perSecond(bandwidth.readBytesPerSecond)]);
    rows.push([t('bench.other.copy'), perSecond(bandwidth.copyBytesPerSecond)]);
  }
  if (firstToken) {
    const { promptTokens, coldMs, cachedMs, newTokens, reuseTokenTimes } = firstToken;
    rows.push([t('bench.other.cold', { tokens: promptTokens }), msText(t, coldMs)]);
    rows.push([t('bench.other.cached', { tokens: promptTokens, fresh: newTokens }), msText(t, cachedMs)]);
    if (reuseTokenTimes !== undefined)
      rows.push([
        t('bench.other.reuse'),
        t('bench.other.reuseValue', { times: t.number(reuseTokenTimes, 1) }),
      ]);
  }
  if (load) {
    rows.push([t('bench.other.load'), msText(t, load.totalMs)]);
    if (load.compileMs !== undefined) rows.push([t('bench.other.compile'), msText(t, load.compileMs)]);
    if (load.tuneMs !== undefined) rows.push([t('bench.other.tune'), msText(t, load.tuneMs)]);
  }
  if (speculation) {
    const { onTokensPerSecond, offTokensPerSecond, acceptedTokens, draftedTokens } = speculation;
    const on = rateText(t, onTokensPerSecond);
    const off = rateText(t, offTokensPerSecond);
    rows.push([t('bench.other.guessing'), t('bench.other.guessingValue', { on, off })]);
    const counts = { accepted: acceptedTokens, drafted: draftedTokens };
    rows.push([t('bench.other.guesses'), t('bench.other.guessesValue', counts)]);
  }
  if (memory) {
    rows.push([t('bench.other.weights'), t.bytes(memory.weightsBytes)]);
    rows.push([t('bench.other.cache', { tokens: memory.contextTokens }), t.bytes(memory.kvBytes)]);
    rows.push([t('bench.other.total'), t.bytes(memory.totalBytes)]);
  }
  rows.push([t('bench.other.adapter'), adapter.name]);
  rows.push([t('bench.other.platform'), `${adapter.platform}, Aerie ${adapter.aerieVersion}`]);
  return rows;
}
