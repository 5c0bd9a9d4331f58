/** A result as tables of text, whatever prints them: titles, rows, and what must be said about the numbers. */
import { bytes, digits, gigabytesPerSecond, milliseconds, percent, tokenCount } from './figures';
import type { BenchResult, KernelResult, ShapeResult } from './types';

export interface Table {
  readonly title: string;
  /** The first row names the columns. */
  readonly rows: readonly (readonly string[])[];
}

export interface Report {
  readonly title: string;
  readonly facts: readonly string[];
  readonly tables: readonly Table[];
}

/** Less than so many distinct bytes may come out of a cache. */
const CACHEABLE_BYTES = 256e6;

export function report(result: BenchResult): Report {
  return {
    title: `Aerie ${result.adapter.aerieVersion} on ${result.adapter.name}`,
    facts: facts(result),
    tables: result.shapes.flatMap(shapeTables),
  };
}

function facts({ adapter, startedAt, elapsedMs, bandwidth, config, shapes }: BenchResult): string[] {
  const subgroups = adapter.hasSubgroups
    ? `subgroups of ${adapter.subgroupMinSize} to ${adapter.subgroupMaxSize}`
    : 'no subgroups';
  const { engine } = config;
  const options = [
    engine.int8Activations && '8-bit activations',
    engine.int8Kv && '8-bit cache',
    config.isQuick && 'quick run',
  ].filter((option) => option !== false);
  const lines = [
    `${startedAt.slice(0, 16).replace('T', ' ')} UTC, ${adapter.platform}, took ${digits(elapsedMs / 1000)} s`,
    `${adapter.hasF16 ? 'f16' : 'no f16'}, ${subgroups}, bindings of ${bytes(adapter.maxBindingBytes)}`,
    ...(options.length > 0 ? [options.join(', ')] : []),
    ...(adapter.isSoftware ? ['A program on the processor, not a GPU: only ratios mean something.'] : []),
  ];
  if (bandwidth) {
    const { readBytesPerSecond, copyBytesPerSecond, poolBytes, readWorkgroups } = bandwidth;
    lines.push(
      `reads ${gigabytesPerSecond(readBytesPerSecond)} (${bytes(poolBytes)} in turn, ${readWorkgroups} workgroups), copies ${gigabytesPerSecond(copyBytesPerSecond)} in and out; shares are of the reads`,
    );
  }
  for (const shape of shapes.filter(({ isScaled }) => isScaled)) lines.push(scaledNote(shape));
  return lines;
}

function scaledNote({ shape, layers, totalLayers }: ShapeResult): string {
  return `${shape}: ${layers} of ${totalLayers} layers ran; decode, prefill, first token and memory are extrapolated to all of them`;
}

function shapeTables(shape: ShapeResult): Table[] {
  const scaled = shape.isScaled ? `, from ${shape.layers} of ${shape.totalLayers} layers` : '';
  const tables = [
    decodeTable(shape, `${shape.shape}: decode${scaled}`),
    promptTable(shape, `${shape.shape}: prompt${scaled}`),
    kernelTable(shape, `${shape.shape}: kernels, per layer`),
    otherTable(shape, `${shape.shape}: load, memory`),
  ];
  return tables.filter(({ rows }) => rows.length > 1);
}

function decodeTable({ decode = [], skipped }: ShapeResult, title: string): Table {
  const header = ['context', 'tokens/s', 'per token', 'share', 'JavaScript', 'dispatches', 'submits'];
  const rows = decode.map((one) => [
    tokenCount(one.contextTokens),
    digits(one.tokensPerSecond),
    milliseconds(one.msPerToken),
    percent(one.bandwidthShare),
    milliseconds(one.cpuMsPerToken),
    String(Math.round(one.dispatchesPerToken)),
    digits(one.submitsPerToken),
  ]);
  const missing = skipped
    .filter(({ section }) => section === 'decode')
    .map(({ tokens = 0, reason }) => [tokenCount(tokens), reason, '', '', '', '', '']);
  return { title, rows: [header, ...rows, ...missing] };
}

function promptTable({ prefill = [], firstToken, skipped }: ShapeResult, title: string): Table {
  const header = ['prompt', 'tokens/s', 'time'];
  const rows = prefill.map((one) => [
    `${tokenCount(one.promptTokens)} tokens`,
    digits(one.tokensPerSecond),
    milliseconds(one.elapsedMs),
  ]);
  const missing = skipped
    .filter(({ section }) => section === 'prefill' || section === 'firstToken')
    .map(({ tokens = 0, reason }) => [`${tokenCount(tokens)} tokens`, reason, '']);
  if (firstToken) {
    const { promptTokens, newTokens, coldMs, cachedMs, newOnlyMs, reuseTokenTimes } = firstToken;
    const times = reuseTokenTimes === undefined ? '' : ` (reuse: ${digits(reuseTokenTimes)} token times)`;
    rows.push(
      [`first token of ${promptTokens}, cold`, '', milliseconds(coldMs)],
      [`${promptTokens - newTokens} of them cached`, '', milliseconds(cachedMs) + times],
      [`first token of ${newTokens}, cold`, '', milliseconds(newOnlyMs)],
    );
  }
  return { title, rows: [header, ...rows, ...missing] };
}

function kernelTable({ kernels = [] }: ShapeResult, title: string): Table {
  const header = ['kernel', 'time', 'reads', 'speed', 'share', 'dispatches', 'clock'];
  const rows = kernels.map((one) => [
    kernelName(one),
    milliseconds(one.timeMs),
    bytes(one.readBytes),
    gigabytesPerSecond(one.bytesPerSecond),
    percent(one.bandwidthShare) + (one.distinctBytes < CACHEABLE_BYTES ? ' *' : ''),
    digits(one.dispatches),
    one.clock,
  ]);
  const isCached = kernels.some(({ distinctBytes }) => distinctBytes < CACHEABLE_BYTES);
  return {
    title: isCached ? `${title} (* few distinct bytes: a cache may help)` : title,
    rows: [header, ...rows],
  };
}

export const kernelName = ({
  kernel,
  contextTokens,
}: Pick<KernelResult, 'kernel' | 'contextTokens'>): string =>
  contextTokens === undefined ? kernel : `${kernel} at ${tokenCount(contextTokens)}`;

function otherTable({ load, memory, speculation, skipped }: ShapeResult, title: string): Table {
  const rows: string[][] = [['', '', '']];
  if (load) {
    const { totalMs, weightsBytes, bytesPerSecond } = load;
    rows.push([
      'load',
      milliseconds(totalMs),
      `${bytes(weightsBytes)}, ${gigabytesPerSecond(bytesPerSecond)}`,
    ]);
    const parts = [
      ['read', load.readMs],
      ['upload', load.uploadMs],
      ['compile', load.compileMs],
      ['tune', load.tuneMs],
      ['warm up', load.warmUpMs],
    ] as const;
    const known = parts.flatMap(([name, ms]) => (ms === undefined ? [] : [`${name} ${milliseconds(ms)}`]));
    if (known.length > 0) rows.push(['', 'of which', known.join(', ')]);
  }
  if (memory) {
    const { totalBytes, weightsBytes, kvBytes, scratchBytes, contextTokens } = memory;
    const parts = `weights ${bytes(weightsBytes)}, cache ${bytes(kvBytes)}, rest ${bytes(scratchBytes)}`;
    rows.push(['memory', bytes(totalBytes), `at ${tokenCount(contextTokens)}: ${parts}`]);
  }
  if (speculation) {
    const { speedup, acceptedTokens, draftedTokens } = speculation;
    rows.push([
      'speculation',
      `${digits(speedup)} x`,
      `${acceptedTokens} of ${draftedTokens} guesses held, on text that repeats itself`,
    ]);
  }
  for (const { section, reason } of skipped) {
    if (section === 'load' || section === 'speculation') rows.push([section, 'not measured', reason]);
  }
  return { title, rows };
}
