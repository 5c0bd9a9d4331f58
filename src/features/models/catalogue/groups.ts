/** The catalogue as it is shown: by series, filtered. Pure. */
import type { CatalogueModel } from '../../../models/catalogue/types';

export const KIND_FILTERS = ['all', 'chat', 'base', 'code'] as const;
export type KindFilter = (typeof KIND_FILTERS)[number];

export interface SeriesGroup {
  readonly series: CatalogueModel['series'];
  readonly models: readonly CatalogueModel[];
  /** What its publisher no longer offers, or never did. */
  readonly older: readonly CatalogueModel[];
}

export interface Shown {
  readonly groups: readonly SeriesGroup[];
  /** Of the chosen kind, but not shown because they are too large. */
  readonly hidden: number;
}

/** In the order of the catalogue, experiments last. */
export function groupModels(
  models: readonly CatalogueModel[],
  filter: KindFilter,
  isHidden: (model: CatalogueModel) => boolean,
): Shown {
  const ofKind = models.filter(({ kind }) => filter === 'all' || (kind === 'sql' ? 'code' : kind) === filter);
  const shown = ofKind.filter((model) => !isHidden(model));
  const series = [...new Set(shown.map((model) => model.series))];
  return {
    groups: series.map((name) => {
      const all = shown.filter((model) => model.series === name).sort((a, b) => rank(a) - rank(b));
      return { series: name, models: all.filter(isOffered), older: all.filter((model) => !isOffered(model)) };
    }),
    hidden: ofKind.length - shown.length,
  };
}

const ORDER = ['available', 'experiment', 'superseded', 'never-released'] as const;
const isOffered = ({ status }: CatalogueModel) => status === 'available' || status === 'experiment';
const rank = ({ status }: CatalogueModel) => ORDER.indexOf(status);
