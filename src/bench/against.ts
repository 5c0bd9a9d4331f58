/**
 * This engine and another build of it on one device, in turns, so that both meet the same load of the machine. What
 * builds have in common is a runner; kernels and everything below may differ.
 */
import { AppError } from '../core/errors';
import { median } from '../core/statistics';
import { createRunner } from '../engine/runner';
import type { Gpu } from '../gpu/device';
import type { Architecture } from '../models/architecture';
import type { ModelPackage } from '../models/package';
import type { BenchRunner } from './bench-runner';
import { layerSplit, wholeModel } from './extrapolate';
import { digits, milliseconds, tokenCount } from './figures';
import { isHead, isOnce } from './kernel-groups';
import { decodeRound, filtered } from './measure-decode';
import { measurePrefill } from './measure-prefill';
import { syntheticPackage } from './synthetic-package';
import type { Report } from './tables';
import type { BenchConfig } from './types';

/** `createRunner` of another build, as far as both take the same arguments. */
export type CreateRunner = (
  gpu: Gpu,
  model: ModelPackage,
  options: { readonly contextLength: number },
) => Promise<BenchRunner>;

export interface AgainstJob {
  readonly gpu: Gpu;
  readonly config: BenchConfig;
  /** With the layers that run, and with all. */
  readonly architecture: Architecture;
  readonly whole: Architecture;
  readonly there: CreateRunner;
  readonly onStep?: (what: string) => void;
  readonly signal?: AbortSignal;
}

type Side = 'here' | 'there';

/** One line: ms by round on both sides. */
interface Duel {
  readonly name: string;
  readonly times: Readonly<Record<Side, number[]>>;
}

/** A round of decoding should take about so long, on the side that is tried first. */
const ROUND_MS = 1000;
const MOST_TOKENS = 32;

/** Throws AppError `aborted`, `out-of-gpu-memory`, `device-lost`. */
export async function benchAgainst(job: AgainstJob): Promise<Report> {
  const { gpu, config, architecture, signal } = job;
  const model = syntheticPackage(architecture);
  const options = { contextLength: Math.max(...config.contexts, ...config.prefillLengths) + 8 };
  const runners: Partial<Record<Side, BenchRunner>> = {};
  try {
    job.onStep?.('load');
    const here = await createRunner(gpu, model, {
      ...options,
      engine: { ...config.engine, speculation: 'off' },
      ...(signal && { signal }),
    });
    runners.here = here;
    const there = await job.there(gpu, model, options);
    runners.there = there;
    // Prompts first: contexts that are filled without being computed teach a runner wrong paces.
    const duels: Duel[] = [];
    for (const tokens of config.prefillLengths) {
      duels.push(await prefillDuel(job, { here, there }, tokens));
    }
    for (const context of config.contexts) duels.push(...(await decodeDuels(job, { here, there }, context)));
    return reportOf(job, duels);
  } finally {
    runners.here?.dispose();
    runners.there?.dispose();
  }
}

async function prefillDuel(
  job: AgainstJob,
  runners: Readonly<Record<Side, BenchRunner>>,
  tokens: number,
): Promise<Duel> {
  const once = { rounds: 1, budgetMs: 0, signal: job.signal };
  const name = `prefill of ${tokenCount(tokens)} tokens`;
  const [duel] = await inTurns(job, [name], async (side) => [
    await measurePrefill(runners[side], tokens, once),
  ]);
  return duel!;
}

/** A token, the layers of it and what it does once, and what a whole model's would take by these. */
async function decodeDuels(
  job: AgainstJob,
  runners: Readonly<Record<Side, BenchRunner>>,
  context: number,
): Promise<Duel[]> {
  const { gpu, architecture, whole, signal } = job;
  const { device } = gpu;
  const at = tokenCount(context);
  const trial = await decodeRound(device, runners.here, context, 2, signal);
  const tokens = Math.max(2, Math.min(MOST_TOKENS, Math.round(ROUND_MS / trial.msPerToken), context >> 1));
  const names = [
    `token at ${at}, ${architecture.layers} of ${whole.layers} layers`,
    `token at ${at}, one layer`,
    `token at ${at}, no layers`,
    `token at ${at}, all layers (extrapolated)`,
  ];
  return inTurns(job, names, async (side) => {
    const of = async (keep: (op: string) => boolean) => {
      const runner = filtered(device, runners[side], ({ op }) => keep(op));
      return (await decodeRound(device, runner, context, tokens, signal)).msPerToken;
    };
    const token = await of(() => true);
    const once = await of(isOnce);
    // Without the head, which costs as much as several layers, its noise does not drown them.
    const long = await of((op) => !isHead(op));
    const short = await of((op) => isOnce(op) && !isHead(op));
    const { layers } = architecture;
    const { perLayer } = layerSplit({ layers: 0, value: short }, { layers, value: long });
    return [token, perLayer, once, wholeModel({ perLayer, rest: once }, whole.layers)];
  });
}

/** Both sides in every round, the first one changing; one round before that does not count. */
async function inTurns(
  job: AgainstJob,
  names: readonly string[],
  measure: (side: Side) => Promise<readonly number[]>,
): Promise<Duel[]> {
  const duels = names.map((name): Duel => ({ name, times: { here: [], there: [] } }));
  for (let round = 0; round <= job.config.rounds; round++) {
    job.onStep?.(`${names[0]}, round ${round} of ${job.config.rounds}`);
    for (const side of round % 2 ? (['here', 'there'] as const) : (['there', 'here'] as const)) {
      if (job.signal?.aborted) throw new AppError('aborted');
      const times = await measure(side);
      if (round > 0) for (const [index, ms] of times.entries()) duels[index]!.times[side].push(ms);
    }
  }
  return duels;
}

function reportOf({ gpu, config, architecture, whole }: AgainstJob, duels: readonly Duel[]): Report {
  const rows = duels.map(({ name, times: { here, there } }) => {
    const ratios = here.map((ms, round) => there[round]! / ms);
    const range = `${digits(Math.min(...ratios))} to ${digits(Math.max(...ratios))}`;
    return [name, milliseconds(median(there)), milliseconds(median(here)), digits(median(ratios)), range];
  });
  return {
    title: `Two builds in turns on ${gpu.name}`,
    facts: [
      `${config.shapes[0]}, ${architecture.layers} of ${whole.layers} layers, medians of ${config.rounds} rounds; a ratio above 1: this build is faster`,
    ],
    tables: [{ title: 'time', rows: [['', 'there', 'here', 'ratio', 'over the rounds'], ...rows] }],
  };
}
