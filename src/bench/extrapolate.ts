/** Figures of the whole model from runs with fewer layers: a part per layer, and a part that every run has once. */

export interface LayerSplit {
  readonly perLayer: number;
  /** Embedding, head, sampler, and whatever else happens once. */
  readonly rest: number;
}

/**
 * The line through two runs that differ only in their layers. Noise may make the shorter run look slower, or its
 * layers cost more than all of the longer run; the split then is the nearest one that has no negative part.
 */
export function layerSplit(
  short: { readonly layers: number; readonly value: number },
  long: { readonly layers: number; readonly value: number },
): LayerSplit {
  const slope = (long.value - short.value) / (long.layers - short.layers);
  const perLayer = Math.min(Math.max(slope, 0), long.value / long.layers);
  return { perLayer, rest: Math.max(long.value - perLayer * long.layers, 0) };
}

/** The value of a model of so many layers, in the unit of the runs. */
export function wholeModel({ perLayer, rest }: LayerSplit, layers: number): number {
  return perLayer * layers + rest;
}
