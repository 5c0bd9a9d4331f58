/** Room for the model: how much it takes, how much is missing, and what could be deleted for it. */
import { Trash2 } from 'lucide-react';
import { useCatalogueT } from '../../../i18n/catalogue';
import { Button } from '../../../ui/Button';
import { Notice } from '../../../ui/Notice';

export interface Removable {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number;
}

interface SpaceCheckProps {
  /** Undefined where nobody knows how large the model will be. */
  readonly keptBytes: number | undefined;
  readonly freeBytes: number | undefined;
  readonly removable: readonly Removable[];
  readonly onRemove: (id: string) => void;
}

export function SpaceCheck({ keptBytes, freeBytes, removable, onRemove }: SpaceCheckProps) {
  const t = useCatalogueT();
  if (keptBytes === undefined) return null;
  if (freeBytes === undefined) return <p>{t('get.spaceUnknown', { keptBytes })}</p>;
  const missingBytes = keptBytes - freeBytes;
  if (missingBytes <= 0) return <p className="numbers">{t('get.spaceEnough', { keptBytes, freeBytes })}</p>;
  const sizes = { keptBytes, freeBytes, missingBytes };
  if (removable.length === 0) return <Notice kind="warn">{t('get.spaceShortNothing', sizes)}</Notice>;
  return (
    <Notice kind="warn">
      <p>{t('get.spaceShort', sizes)}</p>
      <ul className="mt-1 flex flex-col">
        {removable.map(({ id, name, sizeBytes }) => (
          <li key={id} className="flex items-center gap-2">
            <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">{name}</span>
            <span className="numbers text-soft text-xs">{t.bytes(sizeBytes)}</span>
            <Button
              look="quiet"
              icon={Trash2}
              aria-label={t('models.deleteNamed', { model: name })}
              onClick={() => onRemove(id)}
            >
              {t('models.delete')}
            </Button>
          </li>
        ))}
      </ul>
    </Notice>
  );
}
