/** Plain reference of the GPU sampler in float64 with a full sort; semantics as in src/kernels/sampler.ts. */
import { type DrawContext, type DrawSettings, isGreedy } from '../draw-settings';

export interface ReferenceDraw {
  /** undefined when no candidate is left. */
  readonly id: number | undefined;
  /** Candidates left after both cuts. */
  readonly kept: number;
  /** How far, as a share of the kept mass, the draw or a top-p cut was from deciding otherwise. */
  readonly margin: number;
}

/** 32-bit seed of the counter hash: both halves of a number up to 2^53 count. */
export function foldSeed(seed: number): number {
  const high = Math.floor(seed / 2 ** 32);
  return ((seed >>> 0) ^ Math.imul(high, 0x9e3779b1)) >>> 0;
}

/** "lowbias32" of the hash-prospector project. */
function mix(seed: number): number {
  let h = seed >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Random u32 of draw `step`, the same as the shader's. */
export function randomBits(seed: number, step: number): number {
  const a = mix(foldSeed(seed) ^ 0x9e3779b9);
  return mix(mix((a + Math.imul(step, 0x85ebca6b)) >>> 0) ^ a);
}

/**
 * Logits [vocab] after penalties, bias and bans, before temperature. `-Infinity`: no candidate (NaN, banned,
 * not drawable).
 */
export function adjustLogits(
  logits: ArrayLike<number>,
  settings: DrawSettings,
  context: DrawContext,
  drawable = logits.length,
): Float64Array {
  const adjusted = Float64Array.from(logits, (logit, id) =>
    id >= drawable || Number.isNaN(logit) ? Number.NEGATIVE_INFINITY : Math.min(logit, 1e30),
  );
  for (const id of new Set([...context.tokens, ...context.generated])) {
    const logit = adjusted[id]!;
    adjusted[id] = logit > 0 ? logit / settings.repetitionPenalty : logit * settings.repetitionPenalty;
  }
  const counts = new Map<number, number>();
  for (const id of context.generated) counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const [id, count] of counts)
    adjusted[id]! -= settings.presencePenalty + settings.frequencyPenalty * count;
  for (const [id, bias] of settings.logitBias) adjusted[id]! += bias;
  for (const id of settings.banned) adjusted[id] = Number.NEGATIVE_INFINITY;
  return adjusted;
}

/** Draws from logits [vocab]; ids from `drawable` on are never drawn. */
export function drawReference(
  logits: ArrayLike<number>,
  settings: DrawSettings,
  context: DrawContext,
  step: number,
  drawable = logits.length,
): ReferenceDraw {
  const adjusted = adjustLogits(logits, settings, context, drawable);
  const order = [...adjusted.keys()].filter((id) => adjusted[id] !== Number.NEGATIVE_INFINITY);
  order.sort((a, b) => adjusted[b]! - adjusted[a]! || a - b);
  if (order.length === 0) return { id: undefined, kept: 0, margin: 1 };
  if (isGreedy(settings)) return { id: order[0], kept: 1, margin: 1 };

  const best = adjusted[order[0]!]!;
  const isTopPFirst = settings.order === 'topp-topk-temperature';
  const tempered = order.map((id) => Math.exp((adjusted[id]! - best) / settings.temperature));
  const forCuts = isTopPFirst ? order.map((id) => Math.exp(adjusted[id]! - best)) : tempered;
  let kept = order.length;
  let margin = 1;

  const cutTopK = () => {
    const { topK } = settings;
    if (topK === 0 || topK >= kept) return;
    let last = topK;
    while (last < kept && adjusted[order[last]!] === adjusted[order[topK - 1]!]) last++;
    kept = last;
  };
  const cutTopP = () => {
    if (settings.topP >= 1) return;
    const crossing = cross(forCuts, kept, settings.topP);
    kept = crossing.index + 1;
    margin = crossing.margin;
  };
  for (const cut of isTopPFirst ? [cutTopP, cutTopK] : [cutTopK, cutTopP]) cut();

  const drawn = cross(tempered, kept, randomBits(settings.seed, step) / 2 ** 32);
  return { id: order[drawn.index], kept, margin: Math.min(margin, drawn.margin) };
}

/** First index whose running total over masses[0..count) passes `share` of their sum. */
function cross(masses: readonly number[], count: number, share: number): { index: number; margin: number } {
  let total = 0;
  for (let i = 0; i < count; i++) total += masses[i]!;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const before = sum;
    sum += masses[i]!;
    if (sum > share * total || i === count - 1)
      return { index: i, margin: Math.min(sum / total - share, share - before / total) };
  }
  return { index: 0, margin: 1 };
}
