/** How far the user is with a model of the catalogue; each state has one main button. Pure. */
import { QUANTIZATIONS } from '../../../models/architecture';
import type { CatalogueModel } from '../../../models/catalogue/types';
import { idOf } from '../../../store/install';
import type { ConvertJob } from '../convert/convert-store';
import type { UnfinishedConversion } from '../convert/ports';
import type { ModelEntry } from '../library';

export type CardState =
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'available' }
  | { readonly kind: 'converting'; readonly share: number; readonly isPausing: boolean }
  /** `isBlocked`: another one is being converted. */
  | { readonly kind: 'unfinished'; readonly id: string; readonly isBlocked: boolean }
  | { readonly kind: 'installed'; readonly id: string };

export interface Progressing {
  readonly entries: readonly ModelEntry[];
  readonly job: ConvertJob | null;
  readonly unfinished: readonly UnfinishedConversion[];
}

export function cardState(
  { id, status }: CatalogueModel,
  { entries, job, unfinished }: Progressing,
): CardState {
  if (status === 'never-released') return { kind: 'unavailable' };
  if (job?.order.catalogueId === id)
    return { kind: 'converting', share: job.progress?.share ?? 0, isPausing: job.isPausing };
  const begun = unfinished.find(({ order }) => order.catalogueId === id);
  if (begun) return { kind: 'unfinished', id: begun.id, isBlocked: job !== null };
  const ids = QUANTIZATIONS.map((quantization) => idOf({ name: id, quantization }));
  const installed = entries.find((entry) => entry.isComplete && ids.includes(entry.id));
  return installed ? { kind: 'installed', id: installed.id } : { kind: 'available' };
}
