/** The models that the app knows by name, by series, with what each needs and whether it fits. */
import { useDeferredValue, useMemo, useState } from 'react';
import { useCatalogueT } from '../../../i18n/catalogue';
import { CATALOGUE } from '../../../models/catalogue';
import type { CatalogueModel } from '../../../models/catalogue/types';
import { Choice } from '../../../ui/Choice';
import { CatalogueCard } from './CatalogueCard';
import type { CardState } from './card-state';
import { fitOf, type Machine } from './fit';
import { GpuMemoryField } from './GpuMemoryField';
import { groupModels, KIND_FILTERS, type KindFilter } from './groups';

export interface CatalogueActions {
  readonly onGet: (model: CatalogueModel) => void;
  readonly onPause: () => void;
  readonly onResume: (id: string) => void;
  readonly onUse: (id: string) => void;
}

interface CatalogueProps extends CatalogueActions {
  readonly machine: Machine;
  readonly gpuMemoryBytes: number | null;
  readonly onGpuMemory: (bytes: number | null) => void;
  readonly stateOf: (model: CatalogueModel) => CardState;
}

const LIST = 'flex flex-col divide-y divide-line border-line border-y';

export function Catalogue(props: CatalogueProps) {
  const { machine, gpuMemoryBytes, onGpuMemory, stateOf, ...actions } = props;
  const t = useCatalogueT();
  const [filter, setFilter] = useState<KindFilter>('all');
  const [hidesTooLarge, setHidesTooLarge] = useState(false);
  // Judging every context of every model takes longer than a key press may.
  const judged = useDeferredValue(machine);
  const fits = useMemo(() => new Map(CATALOGUE.map((model) => [model.id, fitOf(model, judged)])), [judged]);
  const isHidden = ({ id }: CatalogueModel) => hidesTooLarge && fits.get(id)?.verdict === 'too-large';
  const { groups, hidden } = groupModels(CATALOGUE, filter, isHidden);
  const card = (model: CatalogueModel) => (
    <CatalogueCard
      key={model.id}
      model={model}
      fit={fits.get(model.id)}
      state={stateOf(model)}
      {...actions}
    />
  );

  return (
    <div className="flex flex-col gap-4">
      <p className="text-soft">{t('catalogue.intro')}</p>
      <GpuMemoryField bytes={gpuMemoryBytes} onChange={onGpuMemory} />
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
        <Choice
          label={t('catalogue.kind')}
          isLabelHidden
          value={filter}
          options={KIND_FILTERS.map((value) => ({ value, label: t(`catalogue.kind.${value}`) }))}
          onChange={setFilter}
        />
        {gpuMemoryBytes !== null && (
          <label className="flex items-center gap-2 text-soft">
            <input
              type="checkbox"
              checked={hidesTooLarge}
              onChange={(event) => setHidesTooLarge(event.target.checked)}
              className="accent-(--accent)"
            />
            {t('catalogue.hideTooLarge')}
          </label>
        )}
      </div>
      {groups.length === 0 && <p className="text-soft">{t('catalogue.empty')}</p>}
      {groups.map(({ series, models, older }) => (
        <div key={series} className="flex flex-col">
          <h3 className="pb-1.5 font-semibold text-soft">{t(`catalogue.series.${series}`)}</h3>
          {models.length > 0 && <ul className={LIST}>{models.map(card)}</ul>}
          {older.length > 0 && (
            <details className="pt-2">
              <summary className="w-fit text-soft text-xs hover:text-ink">
                {t('catalogue.older', { count: older.length })}
              </summary>
              <ul className={`${LIST} mt-2`}>{older.map(card)}</ul>
            </details>
          )}
        </div>
      ))}
      {hidden > 0 && <p className="text-faint text-xs">{t('catalogue.hidden', { count: hidden })}</p>}
    </div>
  );
}
