/** web-llm's own models, folded away: their list is fetched when it is opened. */
import { useState } from 'react';
import { AppError } from '../../core/errors';
import { useT } from '../../i18n/language';
import { Button } from '../../ui/Button';
import type { EngineRecord } from '../../worker/records';
import { stockModels } from '../../worker/stock-list';

/** More are found through the filter. */
const MOST_SHOWN = 40;

export function StockList({ onUse }: { onUse: (modelId: string) => void }) {
  const t = useT();
  const [records, setRecords] = useState<readonly EngineRecord[]>();
  const [error, setError] = useState<AppError>();
  const [query, setQuery] = useState('');

  const load = () => {
    if (!records) stockModels().then(setRecords, (reason: unknown) => setError(AppError.from(reason)));
  };
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = (records ?? []).filter(({ model_id }) =>
    words.every((word) => model_id.toLowerCase().includes(word)),
  );

  return (
    <details
      onToggle={(event) => event.currentTarget.open && load()}
      className="group rounded-lg border border-line"
    >
      <summary className="px-4 py-3 font-medium">{t('models.more')}</summary>
      <div className="flex flex-col gap-3 px-4 pb-4">
        <p className="text-soft">{t('models.moreIntro')}</p>
        {error && <p className="text-danger">{t.error(error)}</p>}
        {records && (
          <>
            <input
              type="search"
              aria-label={t('models.moreFilter')}
              placeholder={t('models.moreFilter')}
              value={query}
              onChange={(event) => setQuery(event.target.value)}
              className="field"
            />
            <p className="text-faint text-xs">
              {found.length === 0 ? t('models.moreEmpty') : t('models.moreCount', { count: found.length })}
            </p>
            <ul className="flex flex-col divide-y divide-line">
              {found.slice(0, MOST_SHOWN).map(({ model_id, vram_required_MB }) => (
                <li key={model_id} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-1.5">
                  <span className="min-w-0 flex-1 basis-52 [overflow-wrap:anywhere]">{model_id}</span>
                  {vram_required_MB !== undefined && (
                    <span className="numbers text-faint text-xs">
                      {t('models.vram', { vramBytes: vram_required_MB * 1_048_576 })}
                    </span>
                  )}
                  <Button
                    look="quiet"
                    aria-label={t('models.useNamed', { model: model_id })}
                    onClick={() => onUse(model_id)}
                  >
                    {t('models.use')}
                  </Button>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </details>
  );
}
