import type { Gpu } from '../gpu/device';

/** How attention over the cache is shared out on one adapter. */
export interface AttentionTuning {
  /** Cached positions one attention workgroup should take before the work is split further. */
  readonly splitPositions: number;
  /** Most splits of one head. */
  readonly maxSplits: number;
  /** Invocations of a workgroup; more where the head needs them. */
  readonly attentionWorkgroup: number;
  /** Positions a workgroup takes per step. */
  readonly attentionTile: number;
}

/** Workgroups a GPU should get at 1024 positions. */
const WANTED_WORKGROUPS = 128;

/**
 * On a GPU few KV heads are split into smaller pieces (8 heads: 64 positions, 32 and more: 256), since a workgroup
 * serves all query heads of its KV head. A processor has fewer cores than the model KV heads: there a split only
 * costs, and small workgroups make its barriers cheap. Short steps keep workgroup memory small, of which SwiftShader
 * clears every word by a store of its own: it compiles for a millisecond each, and runs them in every dispatch.
 */
export function attentionTuning({ isSoftware }: Pick<Gpu, 'isSoftware'>, kvHeads: number): AttentionTuning {
  if (isSoftware) return { splitPositions: 4096, maxSplits: 8, attentionWorkgroup: 32, attentionTile: 64 };
  const splits = Math.ceil(WANTED_WORKGROUPS / kvHeads);
  const splitPositions = Math.min(256, Math.max(64, Math.ceil(1024 / splits / 64) * 64));
  return { splitPositions, maxSplits: 64, attentionWorkgroup: 128, attentionTile: 256 };
}
