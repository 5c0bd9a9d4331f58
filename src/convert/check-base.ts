/**
 * Is this the base that the delta was taken from? Names and shapes do not tell LLaMA from LLaMA 2 or from a copy
 * that is merged already; the low bits of a delta do.
 *
 * The exact test. A delta is D = f16(T - B) of a target T and a base B in f16 (Fengshenbang-LM,
 * `fengshen/utils/make_delta.py`). Where |D| <= |B| / 2, T lies between B / 2 and 2 B, so that T - B needs no
 * rounding (Sterbenz) and B + D is exactly the f16 number T. Over the true base the share of such weights whose
 * sum is no f16 number is therefore 0: not probably, but always, whatever the training did. Over any other base
 * the delta's last bit falls below the sum's last place whenever the sum is of a greater power of two than the
 * weights that made the delta. Measured on normal weights, |D| / |B| from 0.003 to 0.7: about 30 to 38 % over
 * another model, 0.14 to 25 % over base + delta (least for a tiny delta that only shrinks the base), 0.1 to 7 %
 * over the base rounded to bfloat16. The limit of 0.05 % lies below all of these.
 *
 * The test speaks only where the delta shows that it was made so: its last bits are mostly 0 (77 to 99.7 % in the
 * measurement above; 50 % of any other numbers). Otherwise what is left are sizes and the correlation r of D and
 * base. For n independent weights r scatters by 1 / sqrt(n) around 0 over the true base (below 0 after weight
 * decay) and is |D| / |T| over a merged one; the limit is half of that and at least 6 / sqrt(n), a false alarm
 * in 10^9.
 */
import { AppError } from '../core/errors';
import { toHalf } from '../core/half';
import type { CheckpointSource } from '../formats/checkpoint-types';
import type { Architecture } from '../models/architecture';
import { halfToFloat, toHalves } from './half-tables';

/** Weights looked at in each sampled tensor, in whole rows. */
const SAMPLE = 1 << 18;
const INEXACT_LIMIT = 0.0005;
/** Weights that the exact test needs. */
const LEAST_TESTED = 1000;
/** Share of deltas whose last bit is 0 that shows a difference of f16 numbers. */
const EVEN_LIMIT = 0.6;
/** Size of the delta against the base from which it is no delta: a whole model has about 1. */
const WHOLE_MODEL = 0.7;
const SWAPPED = 3;
const SIGMAS = 6;

export interface BaseCheck {
  /** Both under Hugging Face's names. */
  readonly delta: CheckpointSource;
  readonly base: CheckpointSource;
  readonly architecture: Architecture;
  /** The base's `config.json`, where there is one; asked only when the weights leave a doubt. */
  readonly baseConfig?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Reads some 4 MiB in all. Throws AppError `base-mismatch` {reason, tensor}, and what reading throws. Shapes are
 * `mergeDelta`'s to check, before this.
 */
export async function checkBase({ delta, base, architecture, baseConfig }: BaseCheck): Promise<void> {
  let isProven = false;
  for (const tensor of sampledTensors(architecture)) {
    const [d, b] = await Promise.all([sampleOf(delta, tensor), sampleOf(base, tensor)]);
    const facts = compare(d, b);
    const reason = verdict(facts);
    if (reason !== undefined) throw new AppError('base-mismatch', { reason, tensor });
    isProven ||= isExact(facts);
  }
  if (!isProven && baseConfig && isLlama2(baseConfig)) {
    throw new AppError('base-mismatch', { reason: 'its configuration is that of LLaMA 2' });
  }
}

/** First, middle and last layer, attention and feed-forward. */
function sampledTensors({ layers }: Architecture): string[] {
  const middle = layers >> 1;
  const queries = [...new Set([0, middle, layers - 1])];
  return [
    ...queries.map((layer) => `model.layers.${layer}.self_attn.q_proj.weight`),
    `model.layers.${middle}.mlp.up_proj.weight`,
  ];
}

/** [n] f16 bits of the first rows. */
async function sampleOf(source: CheckpointSource, name: string): Promise<Uint16Array> {
  const tensor = source.tensors.get(name);
  if (tensor === undefined) throw new AppError('tensor-missing', { tensor: name });
  const [rows = 1, width = 1] = tensor.shape;
  const bytes = await source.readRows(name, 0, Math.min(rows, Math.ceil(SAMPLE / width)));
  return toHalves(bytes, tensor.dtype);
}

interface Facts {
  readonly count: number;
  /** |delta| / |base|, root mean squares. */
  readonly ratio: number;
  readonly correlation: number;
  /** Share of weights that are equal in both. */
  readonly same: number;
  /** Weights that the exact test applies to, and the share of them whose sum is no f16 number. */
  readonly tested: number;
  readonly inexact: number;
  /** Share of the deltas other than 0 whose last bit is 0. */
  readonly even: number;
  /** The base has no bits that bfloat16 would not have. */
  readonly isBaseRounded: boolean;
}

/** delta, base: [n] f16 bits. */
function compare(delta: Uint16Array, base: Uint16Array): Facts {
  const values = halfToFloat();
  let [dd, bb, db, same, nonZero, even, tested, inexact, fine] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < delta.length; i++) {
    const d = values[delta[i]!]!;
    const b = values[base[i]!]!;
    dd += d * d;
    bb += b * b;
    db += d * b;
    if (base[i]! & 7) fine++;
    if (delta[i] === base[i]) same++;
    if (d === 0) continue;
    nonZero++;
    if ((delta[i]! & 1) === 0) even++;
    if (Math.abs(d) > Math.abs(b) / 2) continue;
    tested++;
    if (values[toHalf(b + d)] !== b + d) inexact++;
  }
  return {
    count: delta.length,
    ratio: bb === 0 ? (dd === 0 ? 0 : Number.POSITIVE_INFINITY) : Math.sqrt(dd / bb),
    correlation: dd === 0 || bb === 0 ? 0 : db / Math.sqrt(dd * bb),
    same: same / delta.length,
    tested,
    inexact: tested === 0 ? 0 : inexact / tested,
    even: nonZero === 0 ? 0 : even / nonZero,
    isBaseRounded: fine < 0.001 * delta.length,
  };
}

function isExact({ tested, inexact }: Facts): boolean {
  return tested >= LEAST_TESTED && inexact <= INEXACT_LIMIT;
}

/** Why this cannot be the base, or undefined. */
function verdict(f: Facts): string | undefined {
  if (isExact(f) || f.ratio === 0) return undefined;
  if (f.same > 0.99) return 'base and delta are the same';
  if (f.ratio > SWAPPED) return 'base and delta are swapped';
  const isDifference = f.even >= EVEN_LIMIT;
  if (!isDifference && f.ratio > WHOLE_MODEL) return 'the delta is a whole model';
  const isMerged = f.correlation > Math.max(f.ratio / 2, SIGMAS / Math.sqrt(f.count));
  if (isMerged) return 'the delta is in it already';
  if (!isDifference || f.tested < LEAST_TESTED) return undefined;
  return f.isBaseRounded && f.inexact < 0.15
    ? 'its weights were rounded to bfloat16'
    : 'the delta was taken from other weights';
}

/** Values by which the published LLaMA 2 differs from LLaMA in Hugging Face's `config.json`. */
function isLlama2(config: Readonly<Record<string, unknown>>): boolean {
  return config.max_position_embeddings === 4096 && config.rms_norm_eps === 1e-5;
}
