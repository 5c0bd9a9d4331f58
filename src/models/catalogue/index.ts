/** The models that the app knows by name. In the order to show them: of each series, chat models first. */
import { AQUILA_MODELS } from './aquila';
import { AQUILA2_MODELS } from './aquila2';
import { type CheckpointHints, findEntry } from './find';
import type { CatalogueModel, CatalogueSource } from './types';
import { ZIYA_MODELS } from './ziya';

export const CATALOGUE: readonly CatalogueModel[] = [...AQUILA2_MODELS, ...AQUILA_MODELS, ...ZIYA_MODELS];

export function catalogueModel(id: string): CatalogueModel | undefined {
  return CATALOGUE.find((model) => model.id === id);
}

/** The model that a checkpoint is by its names; undefined for anything that is not known. */
export function catalogueEntryFor(hints: CheckpointHints): CatalogueModel | undefined {
  return findEntry(CATALOGUE, hints);
}

/** Whether a source names a commit in full, so that its files can never change. */
export function isPinned({ revision }: CatalogueSource): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}
