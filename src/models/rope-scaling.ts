/** `rope_scaling` of a config: none, or linear position interpolation; every other kind is refused by name. */
import * as v from 'valibot';
import { AppError } from '../core/errors';

export interface RopeScaling {
  /** Angles use position / factor; 1 without scaling. */
  readonly factor: number;
  /** Length before scaling, where the config states it. */
  readonly trainedPositions: number | undefined;
}

const Scaling = v.object({
  rope_type: v.nullish(v.string()),
  type: v.nullish(v.string()),
  factor: v.nullish(v.pipe(v.number(), v.minValue(1), v.maxValue(1024))),
  original_max_position_embeddings: v.nullish(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1 << 24)),
  ),
});

/** Throws AppError `config-invalid` {field, value}, `architecture-unknown` {architecture}. */
export function readRopeScaling(json: unknown): RopeScaling {
  if (json === null || json === undefined) return { factor: 1, trainedPositions: undefined };
  const parsed = v.safeParse(Scaling, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const path = v.getDotPath(issue);
    const field = path === null ? 'rope_scaling' : `rope_scaling.${path}`;
    throw new AppError('config-invalid', { field, value: issue.received.slice(0, 100) });
  }
  const { rope_type, type, factor, original_max_position_embeddings } = parsed.output;
  const kind = rope_type ?? type ?? 'default';
  if (kind === 'default') return { factor: 1, trainedPositions: undefined };
  if (kind !== 'linear') throw new AppError('architecture-unknown', { architecture: `rope_scaling ${kind}` });
  if (!factor) throw new AppError('config-invalid', { field: 'rope_scaling.factor', value: String(factor) });
  return { factor, trainedPositions: original_max_position_embeddings ?? undefined };
}
